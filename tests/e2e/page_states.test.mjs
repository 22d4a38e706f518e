// Every page in every state, but for those of the login form and of the list of sessions: they are in files of their own
// (page_states_*.test.mjs), so that all run at once.

import { pageStates } from './support/page_states.mjs';
import { testStates } from './support/page_views.mjs';

const isElsewhere = (name) => name.startsWith('login') || name.startsWith('sessions');
testStates(Object.fromEntries(Object.entries(pageStates).filter(([name]) => !isElsewhere(name))));
