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
  const maven = await toolOutput('mvn', ['-v']).catch(() => '');
  if (maven === '') return { absent: 'Maven is not installed' };
  const classPath = join(BUILT, 'class-path');
  const resolve = ['-B', '-q', 'dependency:build-classpath', `-Dmdep.outputFile=${classPath}`];
  const trouble = await toolOutput('mvn', resolve, { cwd: SOURCE }).then(
    () => '',
    ({ stdout }: { stdout: string }) => `${stdout.trim()} `,
  );
  if (trouble !== '') return { absent: `Maven cannot get the SDK for Java: ${trouble.split('\n')[0]}` };
  const libraries = readFileSync(classPath, 'utf8').trim().split(':');
  expectDigests(libraries);
  const sources = globSync('*.java', { cwd: SOURCE });
  const options = ['-encoding', 'UTF-8', '-Werror', '-Xlint:all', '-d', BUILT, '-cp', libraries.join(':')];
  await toolOutput('javac', [...options, ...sources], { cwd: SOURCE });
  return {
    command: 'java',
    args: ['-XX:TieredStopAtLevel=1', '-cp', [BUILT, ...libraries].join(':'), 'Main'],
  };
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
const NEEDED_JAVA = '17';
