// The list of sessions in every state; all other pages are in page_states*.test.mjs.

import { pageStates } from './support/page_states.mjs';
import { testStates } from './support/page_views.mjs';

testStates(Object.fromEntries(Object.entries(pageStates).filter(([name]) => name.startsWith('sessions'))));
