/** `npm run check`: what is worth running after every change. `npm test` runs the rest. */

import { stopOnSignals } from './runner/run-command.ts';
import { runStages } from './runner/run-stages.ts';
import { innerLoopStages } from './runner/stages.ts';

stopOnSignals();
process.exitCode = await runStages(innerLoopStages());
