/** Why a configuration was refused: every problem at once, each with its place in the file. */
import { type PathInFile, type Problem, pathText } from './findings.ts';

/**
 * - `unreadable`: the file is missing, not a regular file, or may not be read
 * - `syntax`: not YAML
 * - `invalid`: YAML, but not a configuration
 */
export type ConfigFaultCode = 'unreadable' | 'syntax' | 'invalid';

/** A problem with the line on which its place in the file starts, 1 for the first; absent when there is none. */
export interface LocatedProblem extends Problem {
  readonly line?: number;
}

/** The message is the whole report and holds no secret. */
export class ConfigFault extends Error {
  override readonly name = 'ConfigFault';
  readonly code: ConfigFaultCode;
  readonly file: string;
  readonly problems: readonly LocatedProblem[];
  /** Private, so that nothing prints it: a secret may stand in the place of a path. */
  readonly #sources: readonly string[];

  constructor(
    code: ConfigFaultCode,
    file: string,
    problems: readonly Problem[],
    lineOf: (path: PathInFile) => number | undefined = () => undefined,
    sources: readonly string[] = [],
  ) {
    const located = problems.map((problem) => withLine(problem, lineOf(problem.path)));
    const count = located.length === 1 ? '1 problem' : `${located.length} problems`;
    super([`${count} in the configuration`, ...located.map((each) => problemText(file, each))].join('\n'));
    this.code = code;
    this.file = file;
    this.problems = located;
    this.#sources = sources;
  }

  /** Absolute paths of the files that it names, as far as it could be read: mending one of them may be enough. */
  get sources(): readonly string[] {
    return this.#sources;
  }
}

/** One line: file, line, path in the file, what was found, what was expected, what to do. */
export function problemText(file: string, problem: LocatedProblem): string {
  const place = problem.line === undefined ? file : `${file}:${problem.line}`;
  const remedy = problem.remedy === undefined ? '' : `; ${problem.remedy}`;
  return `${place}: ${pathText(problem.path)} ${problem.found}; expected ${problem.expected}${remedy}`;
}

function withLine(problem: Problem & LocatedProblem, line: number | undefined): LocatedProblem {
  if (problem.line !== undefined || line === undefined) return problem;
  return { ...problem, line };
}
