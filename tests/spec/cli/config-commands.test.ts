import { describe, expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { clientOfReplies } from '../../fakes/a-control.ts';
import { setup } from './a-world.ts';
import { aWorker } from './a-worker.ts';

const NEXT = 'run `studio-worker run` to register';

describe('register', () => {
  test('saves, and names the studio that run will register with', async () => {
    await using cli = await setup();
    expect(await cli.run('register')).toBe(0);
    expect(cli.out()).toBe(`saved; ${NEXT} with https://studio.minis.gg/\n`);
  });

  test('sets the studio address and leaves the credentials alone', async () => {
    await using cli = await setup();
    await cli.run('register', '--api-base-url', 'https://studio.example/');
    expect(cli.saved).toEqual([{ apiBaseUrl: 'https://studio.example/' }]);
    expect(cli.resets()).toBe(0);
    expect(cli.out()).toBe(`saved; ${NEXT} with https://studio.example/\n`);
  });

  test('discards the registration on request and reports it', async () => {
    await using cli = await setup();
    await cli.run('register', '--reset');
    expect(cli.resets()).toBe(1);
    expect(cli.out()).toBe(`local registration state cleared; ${NEXT} again\n`);
  });

  test('spends a bootstrap token at once and never prints it', async () => {
    await using cli = await setup();
    expect(await cli.run('register', '--bootstrap-token', 's3cret')).toBe(0);
    expect(cli.spent).toEqual(['s3cret']);
    expect(cli.out()).toBe('registered as w-1; start it with `studio-worker run`\n');
  });

  test('a bootstrap token is read from a file or standard input', async () => {
    await using cli = await setup({ input: 'from-pipe\r\n' });
    const file = join(cli.folder, 'token');
    await writeFile(file, 'from-file\n');
    expect(await cli.run('register', '--bootstrap-token-file', file)).toBe(0);
    expect(await cli.run('register', '--bootstrap-token', '-')).toBe(0);
    expect(await cli.run('register', '--bootstrap-token-file', '-')).toBe(0);
    expect(cli.spent).toEqual(['from-file', 'from-pipe', 'from-pipe']);
  });

  test.each([
    [['--bootstrap-token', 'a', '--bootstrap-token-file', 'b'], 'not both'],
    [['--bootstrap-token-file', '/nowhere'], '/nowhere does not exist'],
    [['--bootstrap-token', '-'], 'standard input does not contain a token'],
  ])('a bootstrap token by %j is refused in words', async (flags, words) => {
    await using cli = await setup();
    expect(await cli.run('register', ...flags)).toBe(64);
    expect(cli.err()).toContain(words);
    expect(cli.spent).toEqual([]);
    expect(cli.out() + cli.err()).not.toContain('s3cret');
  });

  test.each(['studio.example', 'ftp://studio.example', 'http://'])('refuses the address "%s"', async (url) => {
    await using cli = await setup();
    expect(await cli.run('register', '--api-base-url', url)).toBe(64);
    expect(cli.err()).toContain(`--api-base-url is "${url}"; allowed: a URL that starts with https:// or http://`);
    expect(cli.saved).toEqual([]);
  });
});

describe('status', () => {
  test('prints the documented lines when no worker runs', async () => {
    await using cli = await setup({ config: { workerId: 'w-1' } });
    expect(await cli.run('status', '--config', '/cfg.toml')).toBe(0);
    expect(cli.out()).toBe(
      [
        'takes no jobs:      no worker is running: run `studio-worker run`',
        'config path:        /cfg.toml',
        'api_base_url:       https://studio.minis.gg/',
        'registration:       approved as w-1',
        'vram_threshold_gb:  12',
        'models_root:        /home/ada/models',
        'auto_update:        true',
        'update_interval:    1800s',
        'worker:             not running',
        '',
      ].join('\n'),
    );
  });

  test('begins with claiming that is off, also while no worker runs', async () => {
    await using cli = await setup({ config: { autoEnabled: false } });
    await cli.run('status');
    expect(cli.out().split('\n').slice(0, 2)).toEqual([
      'takes no jobs:      no worker is running: run `studio-worker run`',
      'takes no jobs:      claiming is off: run `studio-worker enable`',
    ]);
  });

  test('begins with what keeps the running worker from jobs, on clean lines', async () => {
    const because = 'the disk of /m\u001B[2Jodels is full';
    await using cli = await setup({ worker: aWorker({ obstacles: [{ what: 'disk-full', because }] }) });
    await cli.run('status');
    expect(cli.out()).toStartWith('takes no jobs:      the disk of /models is full\nconfig path:');
    await cli.run('status', '--json');
    expect(cli.out()).toContain('"what": "disk-full"');
  });

  test.each([
    [{ registrationRequestId: 'rr-7' }, 'pending operator approval (request rr-7)'],
    [{}, 'not registered (will auto-register on next launch)'],
  ])('names the registration state of %j', async (config, words) => {
    await using cli = await setup({ config });
    await cli.run('status');
    expect(cli.out()).toContain(`registration:       ${words}\n`);
  });

  test('adds the facts of the running worker below those of the file', async () => {
    await using cli = await setup({ worker: aWorker({ startedAt: new FakeClock().now() - 65_000, enabled: false }) });
    await cli.run('status');
    const live = cli.out().split('\n').slice(7);
    expect(live).toEqual([
      'worker:             running (pid 42, 0.5.0, for 1 min 5 s)',
      'claiming:           off (run `studio-worker enable` to take jobs)',
      'session:            live',
      'vram:               24 GiB, jobs up to 12 GiB',
      'model_engines:      llama-cpp, synthetic, piper',
      'current job:        none',
      'models in memory:   none',
      'recent jobs:        0, of which 0 failed',
      'outbox:             0 waiting (0 B)',
      '',
    ]);
  });

  test('says when no engine is ready, and where to read why', async () => {
    await using cli = await setup({ worker: aWorker({ modelEngines: [], extensionEngines: [] }) });
    await cli.run('status');
    expect(cli.out()).toContain('model_engines:      none is ready (run `studio-worker engines`)\n');
  });

  test('gives the engines as two lists to scripts', async () => {
    await using cli = await setup({ worker: aWorker() });
    await cli.run('status', '--json');
    expect(JSON.parse(cli.out())).toMatchObject({
      worker: { modelEngines: ['llama-cpp', 'synthetic'], extensionEngines: ['piper'] },
    });
  });

  test.each([
    [
      { at: 'backing-off', failures: 3, retryInMs: 4_000, because: 'silence' } as const,
      'reconnecting in 4.0 s after 3 failed attempts',
    ],
    [{ at: 'refused', code: 4001, because: 'deleted\u001B[2J' } as const, 'refused: deleted'],
    [{ at: 'gave-up', because: 'five failures' } as const, 'gave-up: five failures'],
  ])('describes the session %j', async (session, words) => {
    await using cli = await setup({ worker: aWorker({ session }) });
    await cli.run('status');
    expect(cli.out()).toContain(`session:            ${words}\n`);
  });

  test.each([
    [{ at: 'pending', requestId: 'rr-7', since: 0 } as const, 'waiting for approval by the operator of the studio'],
    [
      { at: 'rejected', reason: 'unknown\u001B[2J machine' } as const,
      'rejected by the studio: unknown machine; run `studio-worker register --reset` to register again',
    ],
  ])('explains why there is no session while the registration is %j', async (registration, words) => {
    await using cli = await setup({ worker: aWorker({ registration, session: { at: 'idle' } }) });
    await cli.run('status');
    expect(cli.out()).toContain(`session:            ${words}\n`);
  });

  test('prints the same facts as JSON', async () => {
    await using cli = await setup({ config: { registrationRequestId: 'rr-7' } });
    await cli.run('status', '--json');
    expect(JSON.parse(cli.out())).toMatchObject({
      registration: { state: 'pending', requestId: 'rr-7' },
      config: { vramThresholdGb: 12 },
      worker: null,
    });
  });
});

test('status names the version of a worker that it cannot understand', async () => {
  const older = clientOfReplies({ protocol: 1, version: '0.4.0', is: 'unknown-request', ask: 'status' });
  await using cli = await setup({ world: { control: () => older } });
  expect(await cli.run('status')).toBe(0);
  expect(cli.out()).toContain('worker:             the running worker is version 0.4.0 and does not know');
  await cli.run('status', '--json');
  expect(cli.out()).toContain('"code": "worker.incompatible"');
});

test.each(['status', 'config'])('%s marks the defaults it shows while there is no file', async (name) => {
  await using cli = await setup({ configExists: false });
  await cli.run(name);
  expect(cli.out()).toMatch(/^(# no file yet|config file: +none yet): showing the defaults/m);
  expect(await cli.run(name, '--json')).toBe(0);
});

describe('claiming', () => {
  test.each([
    ['enable', true, 'on'],
    ['disable', false, 'off'],
  ])('%s is saved and reaches the running worker', async (name, autoEnabled, word) => {
    await using cli = await setup({ worker: aWorker() });
    expect(await cli.run(name)).toBe(0);
    expect(cli.saved).toEqual([{ autoEnabled }]);
    expect(cli.reloads()).toBe(1);
    expect(cli.out()).toBe(`claiming is ${word}; applied to the running worker\n`);
  });

  test('works when no worker runs and prints when it applies', async () => {
    await using cli = await setup();
    await cli.run('disable', '--json');
    expect(JSON.parse(cli.out())).toEqual({ autoEnabled: false, workerTold: false });
    await cli.run('disable');
    expect(cli.out()).toEndWith('claiming is off; no worker is running; applies at the next start\n');
  });

  test('reports a worker that answers and cannot as saved but not applied', async () => {
    const older = clientOfReplies({ protocol: 1, version: '0.4.0', is: 'unknown-request', ask: 'reload' });
    await using cli = await setup({ world: { control: () => older } });
    expect(await cli.run('disable')).toBe(0);
    expect(cli.saved).toEqual([{ autoEnabled: false }]);
    expect(cli.out()).toStartWith(
      'claiming is off; saved, but not applied: the running worker is version 0.4.0 and does not know the request',
    );
  });

  test('escapes of whoever serves the socket do not reach the terminal', async () => {
    const message = 'no\u001b[2J\nreally';
    const odd = clientOfReplies({ protocol: 1, version: '0.5.0', is: 'failed', code: 'internal', message });
    await using cli = await setup({ world: { control: () => odd } });
    await cli.run('disable');
    expect(cli.out()).toStartWith('claiming is off; saved, but not applied: no really');
  });

  test('of a worker that does not answer names the failure as JSON', async () => {
    const hung = clientOfReplies({ protocol: 1, version: '0.5.0', is: 'failed', code: 'internal', message: 'oops' });
    await using cli = await setup({ world: { control: () => hung } });
    await cli.run('enable', '--json');
    expect(JSON.parse(cli.out())).toEqual({
      autoEnabled: true,
      workerTold: false,
      workerError: { code: 'internal', message: 'oops' },
    });
  });
});

describe('set-threshold', () => {
  test('a setting is saved but not applied by an older worker', async () => {
    const older = clientOfReplies({ protocol: 1, version: '0.4.0', is: 'unknown-request', ask: 'reload' });
    await using cli = await setup({ world: { control: () => older } });
    expect(await cli.run('set-threshold', '7')).toBe(0);
    expect(cli.out()).toStartWith('vram_threshold_gb = 7\nsaved, but not applied: the running worker is version 0.4.0');
  });

  test.each([
    ['12', 12],
    ['7.5', 7.5],
    ['0', 0],
    ['1e1', 10],
  ])('takes %s', async (text, gb) => {
    await using cli = await setup();
    expect(await cli.run('set-threshold', text)).toBe(0);
    expect(cli.saved).toEqual([{ vramThresholdGb: gb }]);
    expect(cli.out()).toBe(`vram_threshold_gb = ${gb}\n`);
  });

  test.each(['-1', '-.5'])('refuses the negative %s in the documented words', async (text) => {
    await using cli = await setup();
    expect(await cli.run('set-threshold', text)).toBe(64);
    expect(cli.err()).toContain('threshold must be >= 0');
    expect(cli.saved).toEqual([]);
  });

  test.each(['NaN', 'twelve', '0x10', '1e999', '12gb'])('names "%s" as no number', async (text) => {
    await using cli = await setup();
    expect(await cli.run('set-threshold', text)).toBe(64);
    expect(cli.err()).toStartWith(`error: <gb> is "${text}"; allowed: a number [cli.usage]\n`);
  });
});

describe('config', () => {
  test('prints the path as a comment and the file below it', async () => {
    await using cli = await setup();
    await cli.run('--config', '/cfg.toml', 'config');
    expect(cli.out()).toBe('# /cfg.toml\napi_base_url = "https://studio.minis.gg/"\nauth_token = "***"\n');
  });

  test('prints the same as JSON', async () => {
    await using cli = await setup();
    await cli.run('config', '--json', '--config=/cfg.toml');
    expect(JSON.parse(cli.out())).toEqual({
      path: '/cfg.toml',
      exists: true,
      fromEnvironment: [],
      config: { api_base_url: 'https://studio.minis.gg/', auth_token: '***' },
    });
  });
});
