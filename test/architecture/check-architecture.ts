/** Holds the files of a `src` folder against the rules in rooms.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { ENVIRONMENT_FILES, MAX_FILE_LINES, PRIVATE_ROOMS, ROOMS, type Room } from './rooms.ts';

export interface ArchitectureReport {
  /** Paths relative to the folder. */
  readonly files: readonly string[];
  /** One sentence each, file first. */
  readonly violations: readonly string[];
}

/** Reads every TypeScript file below `directory`. An unreadable folder throws; an empty one gives an empty report. */
export function checkArchitecture(directory: string): ArchitectureReport {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
  const violations = files.flatMap((file) => checkFile(file, readFileSync(join(directory, file), 'utf8')));
  return { files, violations };
}

/** The room of a file, undefined when the file is in none. */
export function roomOf(file: string): Room | undefined {
  const matching = ROOMS.filter((room) =>
    room.path.endsWith('/') ? file.startsWith(room.path) : file === room.path,
  );
  return matching.sort((a, b) => b.path.length - a.path.length)[0];
}

/** The specifiers of static, type-only, re-exporting, side-effect and dynamic imports; `?` for a computed one. */
export function importsOf(source: string): string[] {
  const found: string[] = [];
  for (const pattern of IMPORT_PATTERNS) {
    for (const match of source.matchAll(pattern)) found.push(match[1] ?? '?');
  }
  return found;
}

function checkFile(file: string, source: string): string[] {
  const room = roomOf(file);
  if (room === undefined) return [`${file} is in no room: add the room to rooms.ts or move the file`];
  const violations: string[] = [];
  const lines = source.split('\n').length - 1;
  if (lines > MAX_FILE_LINES) violations.push(`${file} has ${lines} lines, the cap is ${MAX_FILE_LINES}`);
  if (!ENVIRONMENT_FILES.includes(file) && ENVIRONMENT.test(source))
    violations.push(`${file} reads process.env`);
  if (room.ownsNoClock && CLOCK.test(source))
    violations.push(`${file} reads the clock or Math.random itself`);
  for (const specifier of importsOf(source)) {
    const reason = specifier.startsWith('.')
      ? refuseRoom(file, room, posix.normalize(posix.join(dirname(file), specifier)))
      : refusePackage(room, specifier);
    if (reason !== undefined) violations.push(`${file} imports ${specifier}: ${reason}`);
  }
  return violations;
}

function refuseRoom(file: string, room: Room, target: string): string | undefined {
  if (target.startsWith('..')) return target === '../package.json' ? undefined : 'outside of src';
  const targetRoom = roomOf(target);
  if (targetRoom === undefined) return 'in no room';
  if (targetRoom === room || room.rooms.includes('*')) return undefined;
  const visitors = PRIVATE_ROOMS.get(targetRoom.path);
  if (visitors !== undefined && !visitors.some((visitor) => file.startsWith(visitor))) {
    return `${targetRoom.path} is private`;
  }
  const allowed =
    room.rooms.some((path) => target === path || target.startsWith(path)) || insideOwnRoom(room, target);
  return allowed ? undefined : `${room.path} may not import ${targetRoom.path}`;
}

/** The files directly in `hsm/` see its sub-rooms. */
function insideOwnRoom(room: Room, target: string): boolean {
  return room.path.endsWith('/') && target.startsWith(room.path);
}

function refusePackage(room: Room, specifier: string): string | undefined {
  if (specifier === '?') return 'a computed import cannot be checked';
  const name = specifier.startsWith('node:') ? specifier : packageName(specifier);
  const allowed =
    room.packages.includes(name) || (name.startsWith('node:') && room.packages.includes('node:*'));
  return allowed ? undefined : `${room.path} may not import ${name}`;
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

const IMPORT_PATTERNS = [
  /\b(?:import|export)\s[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g,
  /\bimport\s*['"]([^'"]+)['"]/g,
  /\bimport\s*\(\s*['"]([^'"]+)['"]/g,
  // Neither a method of this name nor a call of one.
  /(?<!\.)\bimport\s*\(\s*(?!\s*(?:['"]|\w+\s*:))/g,
  /\brequire\s*\(\s*['"]([^'"]+)['"]/g,
  /\bgetBuiltinModule\s*\(\s*['"]([^'"]+)['"]/g,
];
const ENVIRONMENT =
  /\bprocess\s*\??\.\s*env\b|\bprocess\s*\[\s*['"]env|\benv\b[^;'"]*\}\s*from\s*['"]node:process['"]/;
const CLOCK = /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b/;
