import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toWorkerError } from '../../../src/base/errors.ts';
import { createWorld } from '../../../src/compose.ts';
import { runWorker } from '../../../src/compose/commands/run.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { anLlmTask } from '../../fakes/builders.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { effectsFor, setupStudio } from '../harness.ts';
import { TEST_MS, waitFor } from '../wait-for.ts';
import { needs, POSIX } from '../../needs.ts';

setDefaultTimeout(TEST_MS);

const jsonLog = { logFormat: 'json', logLevel: undefined, logFile: false } as const;

/** The `run` command in this process, for a worker that the studio knows already unless the config says otherwise. */
async function setup(
  about: { readonly config?: string; readonly environment?: Readonly<Record<string, string>> } = {},
) {
  const scene = await setupStudio();
  const folder = await tempFolder();
  const configPath = folder.at('config.toml');
  const { workerId, authToken } = await scene.studio.enrol();
  await writeFile(
    configPath,
    about.config ??
      `api_base_url = "${scene.studio.url}"\nvram_threshold_gb = 12.0\nworker_id = "${workerId}"\nauth_token = "${authToken}"\n`,
  );
  let stderr = '';
  const effects = effectsFor(systemClock, (text) => (stderr += text));
  const environment = { ...effects.environment, get: (name: string) => about.environment?.[name] };
  let running = true;
  const ended = runWorker({ configPath, ...jsonLog }, { ...effects, environment })
    .catch(toWorkerError)
    .finally(() => (running = false));
  return {
    ...scene,
    folder,
    configPath,
    ended,
    stderr: () => stderr,
    says: (event: string) =>
      waitFor(
        `the event ${event}`,
        () => stderr.includes(`"event":"${event}"`),
        () => stderr,
      ),
    /** As an operator's `kill` would: the test's process is the worker's. */
    stop: () => process.kill(process.pid, 'SIGTERM'),
    async [Symbol.asyncDispose]() {
      if (running) process.kill(process.pid, 'SIGTERM'); // a test that failed halfway
      await ended;
      await scene[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('a run logs its banner first, serves jobs and leaves nothing behind', async () => {
  await using run = await setup();
  await run.says('session.welcomed');
  const { id } = await run.studio.createJob(anLlmTask());
  await run.studio.jobIs(id, 'completed');
  run.stop();
  expect(await run.ended).toBe(0);
  const banner = JSON.parse(
    run
      .stderr()
      .split('\n')
      .find((text) => text.includes('worker.started')) ?? '{}',
  );
  expect(banner).toMatchObject({
    studio: run.studio.url,
    vramThresholdGb: 12,
    claiming: 'on',
    configPath: run.configPath,
  });
  expect(banner.registration).toStartWith('approved as w-');
  expect(existsSync(run.folder.at('daemon.pid')) || existsSync(run.folder.at('local-api.json'))).toBe(false);
});

needs(POSIX)('a token that other accounts could read is theirs no more', async () => {
  await using run = await setup();
  await run.says('config.made-private');
  expect(((await stat(run.configPath)).mode & 0o777).toString(8)).toBe('600');
});

test('commands reach the run through the world they are given', async () => {
  await using run = await setup();
  await run.says('session.welcomed');
  const world = await createWorld();
  const control = world.control(run.configPath);
  expect(await control.ask('status', {})).toMatchObject({ answer: { pid: process.pid, enabled: true } });
  const config = await world.openConfig(run.configPath);
  await config.update({ autoEnabled: false, vramThresholdGb: 5 });
  expect(await control.ask('reload', {})).toEqual({ is: 'answered', answer: { enabled: false, paused: false } });
  expect(await control.ask('status', {})).toMatchObject({ answer: { enabled: false, vramThresholdGb: 5 } });
  expect(config.toml()).toContain('vram_threshold_gb = 5.0');
  expect(config.facts()).toMatchObject({ auth_token: '[redacted]', vram_threshold_gb: 5 });
  run.stop();
  expect(await run.ended).toBe(0);
  expect(await control.ask('status', {})).toEqual({ is: 'not-running' });
  expect(await control.ask('reload', {})).toEqual({ is: 'not-running' });
});

test('an invalid error tracker is logged, and the worker runs without it', async () => {
  await using run = await setup({ environment: { SENTRY_DSN: 'not a DSN' } });
  await run.says('tracker.unavailable');
  await run.says('session.welcomed');
  run.stop();
  expect(await run.ended).toBe(0);
});

test.each([
  ['a broken config', 'api_base_url = = 3\n', 'config.invalid'],
  [
    'plain http to another machine',
    'api_base_url = "http://studio.example/"\nvram_threshold_gb = 1.0\n',
    'config.insecure-url',
  ],
] as const)('%s ends the run before it speaks to anybody', async (_what, config, code) => {
  await using run = await setup({ config });
  expect(await run.ended).toMatchObject({ code });
  expect(await readFile(run.configPath, 'utf8')).toBe(config);
  expect(existsSync(run.folder.at('daemon.pid'))).toBe(false);
});

test('an invalid log level ends the run naming its flag or variable', async () => {
  await using run = await setup({ environment: { STUDIO_WORKER_LOG: 'session=loud' } });
  expect(await run.ended).toMatchObject({ code: 'cli.usage', message: expect.stringContaining('STUDIO_WORKER_LOG') });
});

test('the studio command serves until it is asked to stop', async () => {
  await using folder = await tempFolder();
  const world = await createWorld();
  const place = {
    host: '127.0.0.1',
    port: 0,
    dataDir: folder.at('data'),
    hostNames: [],
    database: undefined,
    artifacts: undefined,
    keepAuditMs: undefined,
    keepArtifactsMs: undefined,
    tls: undefined,
    trustsProxy: false,
    webhooksToPrivate: false,
  };
  const studio = await world.startStudio({ ...place, logFormat: 'json', logLevel: 'error' });
  expect((await fetch(`${studio.url}/healthz`)).status).toBe(200);
  expect((await readFile(studio.tokenFile ?? '', 'utf8')).trim()).toHaveLength(64);
  process.kill(process.pid, 'SIGTERM');
  await studio.ended;
  const again = await fetch(`${studio.url}/healthz`).catch(() => undefined);
  expect(again).toBeUndefined();
});

test('a studio whose port is taken says so by code', async () => {
  await using folder = await tempFolder();
  const world = await createWorld();
  using other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
  const place = {
    host: '127.0.0.1',
    port: other.port ?? 0,
    dataDir: folder.at('data'),
    hostNames: [],
    database: undefined,
    artifacts: undefined,
    keepAuditMs: undefined,
    keepArtifactsMs: undefined,
    tls: undefined,
    trustsProxy: false,
    webhooksToPrivate: false,
  };
  const started = world.startStudio({ ...place, ...jsonLog }).catch(toWorkerError);
  expect(await started).toMatchObject({ code: 'studio.not-listening' });
});

test('the demonstration ends with every job done and its artifacts written', async () => {
  await using folder = await tempFolder();
  const world = await createWorld();
  const demo = await world.demo({ outDir: folder.at('out'), ...jsonLog });
  const done = new Map<string, string>();
  for await (const { kind, state, file, text } of demo.events) {
    if (state === 'completed') done.set(kind, file ?? text ?? '');
  }
  await demo.stop();
  expect([...done.keys()].toSorted()).toEqual(['audio_stt', 'audio_tts', 'image', 'llm', 'mesh', 'video']);
  expect(done.get('image')).toBe(join(folder.at('out'), 'image.webp'));
  expect(existsSync(done.get('video') ?? '')).toBe(true);
});
