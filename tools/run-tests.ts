/** `npm test`: every stage, the seconds of each, and one last line with the counts. Needs softhsm/setup.sh test. */

import { stopOnSignals } from './runner/run-command.ts';
import { runStages } from './runner/run-stages.ts';
import { allStages } from './runner/stages.ts';

stopOnSignals();
process.exitCode = await runStages(allStages());
