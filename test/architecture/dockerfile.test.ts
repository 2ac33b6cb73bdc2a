import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type BuildStage, parseDockerfile, valuesOf } from '../support/dockerfile.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const stages = parseDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
const [build, image] = stages as [BuildStage, BuildStage];

/** No container engine is needed: test/cli/setup-container.test.ts runs the steps themselves. */
describe('the Dockerfile', () => {
  it('has two stages on pinned Debian releases, and knows every instruction', () => {
    expect(stages.map(({ base, name }) => [base, name])).toStrictEqual([
      ['node:26-bookworm-slim', 'build'],
      ['debian:bookworm-slim', ''],
    ]);
    expect(
      stages.flatMap(({ instructions }) => instructions).filter(({ name }) => name === ''),
    ).toStrictEqual([]);
  });

  it('runs as a user without privileges, from the moment that it has been made', () => {
    const names = image.instructions.map(({ name }) => name);

    expect(valuesOf(image, 'USER')).toStrictEqual(['10001:10001']);
    expect(names.slice(names.indexOf('USER'))).not.toContain('RUN');
    expect(valuesOf(image, 'RUN').join('\n')).toContain('useradd --uid 10001 ');
  });

  it('holds SoftHSM2 and OpenSC, and no compiler', () => {
    const commands = valuesOf(image, 'RUN').join('\n');

    expect(commands).toMatch(/apt-get install .*\bsofthsm2 opensc\b/);
    expect(commands).not.toMatch(/g\+\+|\bmake\b|python3/);
  });

  it('copies only what is in the repository and passes .dockerignore', () => {
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    const sources = valuesOf(build, 'COPY').flatMap((value) => value.split(/\s+/).slice(0, -1));

    expect(sources).toStrictEqual([
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'tsconfig.build.json',
      'src',
    ]);
    expect(sources.filter((source) => !existsSync(join(ROOT, source)))).toStrictEqual([]);
    expect(sources.filter((source) => !ignored.includes(`!${source}`))).toStrictEqual([]);
    expect(ignored).toContain('*');
  });

  it('takes into the image only what the build stage made', () => {
    expect(valuesOf(image, 'COPY').map((value) => value.split(/\s+/)[0])).toStrictEqual(
      Array(3).fill('--from=build'),
    );
  });

  it('fetches nothing by itself and bakes in nothing secret', () => {
    const all = stages.flatMap(({ instructions }) => instructions);

    expect(all.filter(({ name }) => name === 'ADD' || name === 'ARG')).toStrictEqual([]);
    expect(all.filter(({ value }) => /https?:\/\/(?!127\.0\.0\.1)/.test(value))).toStrictEqual([]);
    expect(valuesOf(image, 'ENV').join()).not.toMatch(/PIN|SECRET|KEY|PASS|TOKEN/);
  });

  it('has a health check and starts in exec form, so that signals arrive', () => {
    expect(valuesOf(image, 'HEALTHCHECK')).toStrictEqual([expect.stringContaining('/livez')]);
    expect(JSON.parse(valuesOf(image, 'ENTRYPOINT')[0] ?? '')).toStrictEqual([
      'node',
      '/app/dist/cli/portcullis.js',
    ]);
    expect(JSON.parse(valuesOf(image, 'CMD')[0] ?? '')).toHaveLength(3);
    expect(valuesOf(image, 'STOPSIGNAL')).toStrictEqual(['SIGTERM']);
  });
});
