import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { KEYS, specOf } from '../../../src/config/schema.ts';
import { type ConfigField, ConfigViewSchema } from '../../../src/local-api/contract/config.ts';
import { EditableConfigSchema } from '../../../src/local-api/contract/editable-config.ts';
import { setupStudio } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';
import { answerOf, type ApiScene, setupApi } from './scene.ts';

setDefaultTimeout(TEST_MS);

const editable = async (at: ApiScene) => v.parse(EditableConfigSchema, (await at.ask('/daemon/config')).body);
const put = (at: ApiScene, body: unknown) => at.ask('/daemon/config', { method: 'PUT', body: JSON.stringify(body) });
const patch = (at: ApiScene, body: unknown) => at.ask('/config', { method: 'PATCH', body: JSON.stringify(body) });
const fields = async (at: ApiScene) => v.parse(ConfigViewSchema, (await at.ask('/config')).body).fields;
const fieldOf = (all: readonly ConfigField[], key: string) => all.find((field) => field.key === key);

describe('the settings of the contract', () => {
  test('what is written is in force at once, and in the file', async () => {
    await using at = await setupApi();
    const before = await editable(at);
    expect(await put(at, { ...before, vramThresholdGb: 7.5, onlyWhenIdle: true })).toMatchObject({
      status: 200,
      body: { vramThresholdGb: 7.5, onlyWhenIdle: true },
    });
    expect(await at.ask('/daemon/status')).toMatchObject({ body: { vramThresholdGb: 7.5 } });
    expect(await readFile(join(at.worker.folder, 'config.toml'), 'utf8')).toContain('vram_threshold_gb = 7.5');
  });

  test('every field is required', async () => {
    await using at = await setupApi();
    const { memoryMaxGb: _left, ...rest } = await editable(at);
    const answer = await put(at, rest);
    expect(answer).toMatchObject({ status: 400, body: { error: 'bad_request' } });
    expect(answer.text).toContain('memoryMaxGb');
  });

  test.each([
    ['memoryMaxGb: must be a whole number of GB from 4 to 1024 (got 3)', { memoryMaxGb: 3 }],
    ['memoryMaxGb: must be a whole number of GB from 4 to 1024 (got 4.5)', { memoryMaxGb: 4.5 }],
    ['vramThresholdGb: must be a number, 0 or more', { vramThresholdGb: -1 }],
    ['autoUpdateIntervalSecs: must be at least 60 (got 59)', { autoUpdateIntervalSecs: 59 }],
    ['autoUpdateFeed: must be an http(s) URL', { autoUpdateFeed: 'ftp://x' }],
    ['apiBaseUrl: must be an http(s) URL, not `nope`', { apiBaseUrl: 'nope' }],
    ['modelsRoot: must be a path in quotes; variables are not expanded, a leading `~` is', { modelsRoot: '$HOME/m' }],
  ])('a form is refused as a whole where %s', async (message, change) => {
    await using at = await setupApi();
    const before = await editable(at);
    const answer = await put(at, { ...before, autoStart: !before.autoStart, ...change });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_config', message } });
    expect(await editable(at)).toEqual(before);
  });

  test('plain http to another machine is refused', async () => {
    await using at = await setupApi();
    const answer = await put(at, { ...(await editable(at)), apiBaseUrl: 'http://studio.example' });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_config' } });
    expect(answer.text).toContain('would expose the worker');
  });
});

describe('all settings', () => {
  test('every editable key is listed with its bounds, source and default', async () => {
    await using at = await setupApi();
    const all = await fields(at);
    expect(all.map(({ key }) => key).toSorted()).toEqual(
      KEYS.filter((key) => specOf(key)?.group !== undefined).toSorted(),
    );
    expect(fieldOf(all, 'memory_max_gb')).toMatchObject({
      shape: 'count',
      unit: 'GiB',
      min: 4,
      max: 1024,
      default: 32,
    });
    expect(fieldOf(all, 'output_check')).toMatchObject({
      shape: 'choice',
      name: 'Broken results',
      options: [
        { value: 'reject', name: 'Fail the job' },
        { value: 'flag', name: 'Deliver with a warning' },
        { value: 'off', name: 'Skip the check' },
      ],
    });
    expect(fieldOf(all, 'models_max_gb')).toMatchObject({
      value: null,
      default: null,
      isSet: false,
      source: 'default',
    });
    expect(fieldOf(all, 'models_root')).toMatchObject({ value: `${at.worker.folder}/models`, source: 'file' });
  });

  test('a secret is never sent, only that there is one', async () => {
    await using at = await setupApi({ config: { local_api_token: 'open-sesame-0123456789' } });
    const { text } = await at.ask('/config');
    expect(text).not.toContain('open-sesame');
    expect(text).not.toContain('auth_token');
    expect(fieldOf(await fields(at), 'local_api_token')).toMatchObject({ shape: 'secret', value: null, isSet: true });
  });

  test('a change is in force at once, and null restores the default', async () => {
    await using at = await setupApi();
    expect((await patch(at, { keep_warm_secs: 7, kinds: { video: false } })).status).toBe(200);
    const changed = await fields(at);
    expect(fieldOf(changed, 'keep_warm_secs')).toMatchObject({ value: 7, needsRestart: false });
    expect(fieldOf(changed, 'kinds')).toMatchObject({ value: { video: false } });
    expect((await patch(at, { keep_warm_secs: null })).status).toBe(200);
    expect(fieldOf(await fields(at), 'keep_warm_secs')).toMatchObject({ value: 300, source: 'default' });
  });

  test('what counts only from the next start says so until it is taken back', async () => {
    await using at = await setupApi();
    const answer = await patch(at, { engine_nice: 3 });
    expect(answer).toMatchObject({ body: { needsRestart: ['engine_nice'], canRestart: false } });
    expect(await patch(at, { engine_nice: null })).toMatchObject({ body: { needsRestart: [] } });
    expect(await at.post('/daemon/restart')).toMatchObject({ status: 409, body: { error: 'restart_unsupported' } });
  });

  test('each wrong key has its own sentence, and nothing of the form is saved', async () => {
    await using at = await setupApi();
    const answer = await patch(at, {
      keep_warm_secs: 7,
      engine_nice: 20,
      nope: 1,
      auth_token: 'x',
      kinds: { juggling: true },
    });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        error: 'invalid_config',
        fields: {
          engine_nice: 'must be a whole number from 0 to 19',
          nope: 'is no key of the config',
          auth_token: 'is written by the worker itself',
          kinds: expect.stringContaining('no kind of task'),
        },
      },
    });
    expect(fieldOf(await fields(at), 'keep_warm_secs')).toMatchObject({ value: 300 });
  });
});

test('a worker restarts in its process when its operator asks for it', async () => {
  await using scene = await setupStudio();
  const child = await scene.spawnWorker({ config: { local_api_port: 0 } });
  await child.logged('session.welcomed');
  const read = async () =>
    JSON.parse(await readFile(join(child.folder, 'local-api.json'), 'utf8')) as {
      url: string;
      token: string;
      pid: number;
    };
  const before = await read();
  const headers = { authorization: `Bearer ${before.token}` };
  expect((await answerOf(`${before.url}/daemon/restart`, { method: 'POST', headers })).status).toBe(202);
  await child.logged('worker.restarting');
  await child.logged('local-api.started', 2);
  const after = await read();
  expect(after.pid).toBe(before.pid);
  expect(after.token).not.toBe(before.token);
});
