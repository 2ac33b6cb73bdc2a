/** The bars of coverage, and what falls below them. */

export interface Measure {
  readonly total: number;
  readonly covered: number;
}

export interface FileCoverage {
  /** Relative to src. */
  readonly file: string;
  readonly lines: Measure;
  readonly branches: Measure;
  readonly functions: Measure;
}

export interface IgnoreComment {
  readonly place: string;
  readonly reason: string;
}

export interface CoverageVerdict {
  /** One line for each room, then one for each exclusion. */
  readonly lines: readonly string[];
  readonly problems: readonly string[];
}

/** An empty report is a problem: then nothing was measured. */
export function judgeCoverage(
  files: readonly FileCoverage[],
  ignored: readonly IgnoreComment[],
): CoverageVerdict {
  const rooms = Map.groupBy(files, ({ file }) => file.split('/')[0] ?? file);
  const problems = PURE_ROOMS.filter((room) => !rooms.has(room)).map(
    (room) => `${room}: nothing was measured`,
  );
  const lines: string[] = [];
  for (const [room, members] of [...rooms].sort(([a], [b]) => a.localeCompare(b))) {
    const percents = MEASURES.map((measure) => [measure, percent(members, measure)] as const);
    lines.push(
      `${room.padEnd(10)} ${percents.map(([measure, value]) => `${measure} ${value.toFixed(2)} %`).join(', ')}`,
    );
    const judged = PURE_ROOMS.includes(room) ? judgePureFiles(members) : judgeRoom(room, percents);
    problems.push(...judged);
  }
  for (const { place, reason } of ignored) {
    lines.push(`excluded ${place}: ${reason}`);
    if (reason === '')
      problems.push(`${place}: an exclusion needs its reason in a comment on the line above`);
  }
  return { lines, problems };
}

function judgePureFiles(members: readonly FileCoverage[]): string[] {
  return members.flatMap((member) =>
    MEASURES.filter((measure) => member[measure].covered < member[measure].total).map(
      (measure) => `${member.file}: ${measure} ${percent([member], measure).toFixed(2)} %, 100 % is the bar`,
    ),
  );
}

function judgeRoom(room: string, percents: readonly (readonly [string, number])[]): string[] {
  return percents
    .filter(([, value]) => value < ROOM_BAR_PERCENT)
    .map(([measure, value]) => `${room}: ${measure} ${value.toFixed(2)} %, ${ROOM_BAR_PERCENT} % is the bar`);
}

function percent(members: readonly FileCoverage[], measure: (typeof MEASURES)[number]): number {
  const total = members.reduce((sum, member) => sum + member[measure].total, 0);
  const covered = members.reduce((sum, member) => sum + member[measure].covered, 0);
  return total === 0 ? 100 : (covered / total) * 100;
}

const MEASURES = ['lines', 'branches', 'functions'] as const;
const PURE_ROOMS: readonly string[] = ['domain', 'engine', 'sigv4'];
const ROOM_BAR_PERCENT = 90;
