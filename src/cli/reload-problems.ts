/** Why a reload was refused, for whoever asked for it through the control socket. */
import { ConfigFault, problemText } from '../config/config-fault.ts';
import { TlsFault } from '../edge/http/tls-fault.ts';
import { ReloadRefusal } from '../main.ts';

/** One sentence for each problem; at least one. What is unexpected is for the log alone. */
export function reloadProblems(error: unknown): readonly string[] {
  if (error instanceof ConfigFault) return error.problems.map((each) => problemText(error.file, each));
  if (error instanceof ReloadRefusal || error instanceof TlsFault) return [error.message];
  return ['reading the configuration failed unexpectedly; the log says more (config.reload-refused)'];
}
