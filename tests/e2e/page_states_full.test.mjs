// The page of somebody who is logged in wherever that is allowed; all other pages are in page_states*.test.mjs.

import { fullStates } from './support/page_states.mjs';
import { testStates } from './support/page_views.mjs';

testStates(fullStates, (settings) => (settings.session.per_user = { max: 2, when_full: 'refuse' }));
