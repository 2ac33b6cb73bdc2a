/** The program in test/clients/java, compiled against libraries that Maven resolves and digests.sha256 knows. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Bug } from '../../../src/domain/bug.ts';
import { type ClientProgram, isOlder, toolOutput } from './client-program.ts';

/**
 * Absent without a JDK or Maven, with a JDK that is too old, or where the libraries cannot be had. Rejects when a library
 * has another digest, or the program does not compile.
 */
export async function javaProgram(): Promise<ClientProgram> {
  const found = await toolOutput('javac', ['-version']).catch(() => '');
  if (found === '') return { absent: 'a Java development kit is not installed' };
  if (isOlder(found.replace(/^javac /, ''), NEEDED_JAVA)) return { absent: `Java ${NEEDED_JAVA} is needed` };
  const trouble = await resolveLibraries();
  if (trouble !== '') return { absent: `Maven cannot get the SDK for Java: ${trouble}` };
  const libraries = readFileSync(CLASS_PATH, 'utf8').trim().split(':');
  expectDigests(libraries);
  const sources = globSync('*.java', { cwd: SOURCE });
  const options = [...COMPILER_OPTIONS, '-d', BUILT, '-cp', libraries.join(':')];
  await toolOutput('javac', [...options, ...sources], { cwd: SOURCE });
  return { command: 'java', args: [FAST_START, '-cp', [BUILT, ...libraries].join(':'), 'Main'] };
}

/** Leaves their paths in CLASS_PATH; or resolves to why it could not. */
async function resolveLibraries(): Promise<string> {
  const args = [
    '-B',
    '-q',
    '-Dstyle.color=never',
    'dependency:build-classpath',
    `-Dmdep.outputFile=${CLASS_PATH}`,
  ];
  const env = { ...process.env, MAVEN_OPTS: `${process.env['MAVEN_OPTS'] ?? ''} ${FAST_START}` };
  return await toolOutput('mvn', args, { cwd: SOURCE, env }).then(
    () => '',
    ({ stdout, message }: { stdout: string; message: string }) =>
      (stdout || message).trim().split('\n')[0] ?? message,
  );
}

function expectDigests(libraries: readonly string[]): void {
  const lines = libraries.map((file) => {
    const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
    return `${digest}  ${basename(file)}\n`;
  });
  const found = lines.toSorted((one, other) => (one.slice(64) < other.slice(64) ? -1 : 1)).join('');
  if (found !== readFileSync(join(SOURCE, 'digests.sha256'), 'utf8'))
    throw new Bug(`test/clients/java/digests.sha256 has other digests than the libraries:\n${found}`);
}

const SOURCE = join(import.meta.dirname, '../../clients/java');
const BUILT = join(import.meta.dirname, '../../../.clients/java');
const CLASS_PATH = join(BUILT, 'class-path');
/** One compiler instead of two: what runs for seconds takes half of them. */
const FAST_START = '-XX:TieredStopAtLevel=1';
const COMPILER_OPTIONS = [`-J${FAST_START}`, '-proc:none', '-encoding', 'UTF-8', '-Werror', '-Xlint:all'];
const NEEDED_JAVA = '17';
