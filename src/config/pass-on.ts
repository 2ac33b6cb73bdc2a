/** A problem in a file that the configuration names, reported at the field that names it. */
import type { LocatedProblem } from './config-fault.ts';
import { type Findings, type PathInFile, pathText } from './findings.ts';

export function passOn(
  problem: LocatedProblem,
  { file, path }: { readonly file: string; readonly path: PathInFile },
  findings: Findings,
): void {
  const place = problem.line === undefined ? file : `${file}:${problem.line}`;
  const field = problem.path.length === 0 ? 'which' : `whose ${pathText(problem.path)}`;
  findings.problem(path, `names ${place}, ${field} ${problem.found}`, problem.expected, problem.remedy);
}
