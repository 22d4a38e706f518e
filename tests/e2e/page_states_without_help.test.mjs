// The pages that show a link to help, of a site that has none; with one they are in page_states*.test.mjs.

import { statesWithoutHelp } from './support/page_states.mjs';
import { testStates } from './support/page_views.mjs';

testStates(statesWithoutHelp, (settings) => delete settings.pages.help_url);
