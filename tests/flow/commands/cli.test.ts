import { describe, expect, test } from 'bun:test';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../../../package.json';
import { runMain } from '../../fakes/run-main.ts';
import { needs, POSIX } from '../../needs.ts';

/** The program as a child process with a home of its own; nothing of this machine's settings reaches it. */
async function setup() {
  const home = await mkdtemp(join(tmpdir(), 'studio-worker-flow-cli-'));
  const config = join(home, 'config.toml');
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, XDG_CONFIG_HOME: home, XDG_RUNTIME_DIR: home };
  const run = (...argv: string[]) => runMain(argv, env);
  return { home, config, env, run, [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }) };
}

describe('the program', () => {
  test.each(['--version', '-V'])('%s prints name and version and reads nothing else', async (flag) => {
    await using cli = await setup();
    expect(await cli.run(flag, '--bogus', 'nonsense')).toEqual({ code: 0, out: `studio-worker ${version}\n`, err: '' });
  });

  test('--version --json prints the build’s origin, unknown in a checkout', async () => {
    await using cli = await setup();
    for (const argv of [
      ['--version', '--json'],
      ['-V', '--json'],
      ['version', '--json'],
    ]) {
      const { code, out, err } = await cli.run(...argv);
      expect([code, JSON.parse(out), err]).toEqual([0, { version }, '']);
    }
    const { out } = await cli.run('version');
    expect(out).toBe(
      `studio-worker ${version}\ncommit   unknown\ndate     unknown\ntarget   unknown\nruntime  unknown\n`,
    );
  });

  test('alone it explains itself and exits 0', async () => {
    await using cli = await setup();
    const { code, out, err } = await cli.run();
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(await readFile('tests/fixtures/cli/help.txt', 'utf8'));
  });

  test('a slip is answered on stderr with a suggestion and exit 64', async () => {
    await using cli = await setup();
    const { code, out, err } = await cli.run('regsiter');
    expect({ code, out }).toEqual({ code: 64, out: '' });
    expect(err).toContain('unknown command "regsiter": did you mean "register"?');
  });

  needs(POSIX)('output that a full disk does not take ends with 74 and says so', async () => {
    await using cli = await setup();
    for (const argv of ['--version', '--help', 'completions bash', 'engines --json']) {
      const child = Bun.spawn(['sh', '-c', `"${process.execPath}" src/main.ts ${argv} > /dev/full`], {
        env: cli.env,
        stderr: 'pipe',
      });
      expect(await new Response(child.stderr).text()).toContain('cannot write the output');
      expect(await child.exited).toBe(74);
    }
  });

  needs(POSIX)('a command that finds a fault also says that nothing was written', async () => {
    await using cli = await setup();
    const child = Bun.spawn(['sh', '-c', `"${process.execPath}" src/main.ts doctor --json > /dev/full`], {
      env: { ...cli.env, PATH: '' },
      stderr: 'pipe',
    });
    expect(await new Response(child.stderr).text()).toContain('cannot write the output');
    expect(await child.exited).toBe(69);
  });

  test('a reader that leaves early is no fault', async () => {
    await using cli = await setup();
    const line = `"${process.execPath}" src/main.ts completions bash | true; exit \${PIPESTATUS[0]}`;
    const child = Bun.spawn(['bash', '-c', line], { env: cli.env, stdout: 'pipe', stderr: 'pipe' });
    expect(await new Response(child.stderr).text()).toBe('');
    expect(await child.exited).toBe(0);
  });

  test('an error that nobody caught is printed like any other and ends the process', async () => {
    await using cli = await setup();
    // Throws from a timer as soon as the program listens for what nobody catches.
    const preload = join(cli.home, 'throw.ts');
    await writeFile(
      preload,
      `process.on('newListener', (name) => name === 'unhandledRejection' && setTimeout(() => { throw new Error('boom'); }));`,
    );
    using silent = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Promise<Response>(() => {}) });
    const url = `http://127.0.0.1:${silent.port}`;
    const argv = ['--preload', preload, 'src/main.ts', 'studio', 'jobs', 'list', '--url', url, '--token', 'x'];
    const child = Bun.spawn([process.execPath, ...argv], { env: cli.env, stdout: 'pipe', stderr: 'pipe' });
    expect(await new Response(child.stderr).text()).toStartWith('error: boom [internal]\n');
    expect(await child.exited).toBe(70);
  });

  test('neither colours nor cursor movements reach a pipe', async () => {
    await using cli = await setup();
    for (const argv of [['help'], ['bogus'], ['status', '--config', cli.config]]) {
      const { out, err } = await cli.run(...argv);
      expect(out + err).not.toContain('\u001B');
    }
  });
});

describe('the config file', () => {
  test('what one command saves the next one shows', async () => {
    await using cli = await setup();
    const at = ['--config', cli.config];
    expect(await cli.run('set-threshold', '0.5', ...at)).toMatchObject({ code: 0, out: 'vram_threshold_gb = 0.5\n' });
    expect((await cli.run('register', '--api-base-url', 'https://studio.example/', ...at)).code).toBe(0);
    expect((await cli.run('disable', ...at)).out).toStartWith('claiming is off; no worker is running');
    const { code, out } = await cli.run(...at, 'status', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      configPath: cli.config,
      registration: { state: 'none' },
      config: { apiBaseUrl: 'https://studio.example/', vramThresholdGb: 0.5, autoEnabled: false },
      worker: null,
    });
  });

  needs(POSIX)('looking at it needs no file and writes none', async () => {
    await using cli = await setup();
    // Below a file no folder can be made, not even by root: as unwritable as a read-only home.
    const nowhere = join(cli.home, 'file/config.toml');
    await writeFile(join(cli.home, 'file'), '');
    for (const argv of [['status'], ['config'], ['status', '--json'], ['config', '--json']]) {
      const { code, out, err } = await cli.run(...argv, '--config', nowhere);
      expect({ argv, code, err }).toEqual({ argv, code: 0, err: '' });
      expect(out).toContain('https://studio.minis.gg/');
    }
    const fresh = join(cli.home, 'new/config.toml');
    expect((await cli.run('status', '--json', '--config', fresh)).out).toContain('"configExists": false');
    expect(await Bun.file(fresh).exists()).toBe(false);
  });

  test('the file is printed below its path, which stands there once', async () => {
    await using cli = await setup();
    await cli.run('disable', '--config', cli.config);
    const { code, out } = await cli.run('config', '--config', cli.config);
    expect(code).toBe(0);
    expect(out).toStartWith(`# ${cli.config}\napi_base_url = "https://studio.minis.gg/"\n`);
    expect(out.match(/^#/gm)).toHaveLength(1);
  });

  test('secrets in the file are never printed', async () => {
    await using cli = await setup();
    const secrets = ['tok-1234567890', 'sec-1234567890'];
    await writeFile(
      cli.config,
      [
        'api_base_url = "https://studio.example/"',
        'vram_threshold_gb = 12.0',
        'worker_id = "w-1"',
        `auth_token = "${secrets[0]}"`,
        `registration_secret = "${secrets[1]}"`,
        '',
      ].join('\n'),
    );
    for (const argv of [['config'], ['config', '--json'], ['status'], ['status', '--json']]) {
      const { code, out, err } = await cli.run(...argv, '--config', cli.config);
      expect(code).toBe(0);
      for (const secret of secrets) expect(out + err).not.toContain(secret);
    }
  });

  test('a studio address with a secret is never printed and cannot be set', async () => {
    await using cli = await setup();
    const url = 'http://ada:S3CRET@127.0.0.1:9/?token=S3CRET#S3CRET';
    await writeFile(cli.config, `api_base_url = "${url}"\nvram_threshold_gb = 12.0\n`);
    for (const argv of [['config'], ['config', '--json'], ['status'], ['status', '--json'], ['register'], ['run']]) {
      const { code, out, err } = await cli.run(...argv, '--config', cli.config);
      expect({ argv, code }).toEqual({ argv, code: argv[0] === 'run' ? 78 : 0 });
      expect(out + err).not.toContain('S3CRET');
    }
    const { code, out, err } = await cli.run('register', '--api-base-url', url, '--config', cli.config);
    expect({ code, out }).toEqual({ code: 64, out: '' });
    expect(err).toContain('use "http://127.0.0.1:9/"');
    expect(err).not.toContain('S3CRET');
  });

  test('a broken config is reported by line with exit code 78 and left alone', async () => {
    await using cli = await setup();
    const broken = 'api_base_url = "https://studio.example/"\nvram_threshold_gb = = 3\n';
    await writeFile(cli.config, broken);
    const { code, out, err } = await cli.run('set-threshold', '3', '--config', cli.config);
    expect({ code, out }).toEqual({ code: 78, out: '' });
    expect(err).toContain('[config.invalid]');
    expect(err).toContain(cli.config);
    expect(await readFile(cli.config, 'utf8')).toBe(broken);
  });

  test('plain http to another machine is refused with exit 78', async () => {
    await using cli = await setup();
    const { code, err } = await cli.run('register', '--api-base-url', 'http://studio.example/', '--config', cli.config);
    expect(code).toBe(78);
    expect(err).toContain('[config.insecure-url]');
  });

  test('a reset forgets the registration and keeps the rest', async () => {
    await using cli = await setup();
    await writeFile(
      cli.config,
      'api_base_url = "https://studio.example/"\nvram_threshold_gb = 3.0\nworker_id = "w-1"\nauth_token = "t"\n',
    );
    expect((await cli.run('register', '--reset', '--config', cli.config)).out).toBe(
      'local registration state cleared; run `studio-worker run` to register again\n',
    );
    const saved = await readFile(cli.config, 'utf8');
    expect(saved).toContain('https://studio.example/');
    expect(saved).not.toMatch(/worker_id|auth_token/);
  });
});

test('an operator command without a studio says that it is unreachable', async () => {
  await using cli = await setup();
  const free = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
  const url = `http://127.0.0.1:${free.port}`;
  await free.stop(true);
  const { code, out, err } = await cli.run('studio', 'jobs', 'list', '--url', url, '--token', 'x');
  expect({ code, out }).toEqual({ code: 69, out: '' });
  expect(err).toContain('[studio.unreachable]');
});
