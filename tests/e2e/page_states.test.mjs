// Every page in every state, but for those of the login form: they are in a file of their own, so that both run at once.

import { pageStates } from './support/page_states.mjs';
import { testStates } from './support/page_views.mjs';

testStates(Object.fromEntries(Object.entries(pageStates).filter(([name]) => !name.startsWith('login'))));
