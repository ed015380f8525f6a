import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { studioObjections, allowsPrivateUrls } from '../../../src/compose/studio-objections.ts';
import { openStudio } from '../../../src/compose/commands/studio.ts';
import { writeJson } from '../../../src/contract/json.ts';
import { API_PREFIX } from '../../../src/contract/routes.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { anLlmTask, aTask } from '../../fakes/builders.ts';
import { aFile, aSource } from '../../fakes/models/a-store.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { effectsFor } from '../../flow/harness.ts';

const effects = effectsFor(systemClock, () => {});
const sourceAt = (url: string) => aSource([aFile({ url })]);

/** The studio of the `studio` command, and requests of its operator. */
async function setup(allowsPrivateUrls = false) {
  const folder = await tempFolder();
  const place = { host: '127.0.0.1', port: 0, dataDir: folder.path, allowsPrivateUrls };
  const studio = await openStudio(place, effects, recordingLogger());
  const ask = async (method: 'POST' | 'PUT', path: string, body: unknown) => {
    const response = await fetch(`${studio.url}${API_PREFIX}/admin${path}`, {
      method,
      headers: { authorization: `Bearer ${studio.operatorToken}`, 'content-type': 'application/json' },
      body: writeJson(body),
    });
    return { status: response.status, text: await response.text() };
  };
  const model = (url: string) => ({ id: 'fox', kind: 'image', vramGbEstimate: 1, source: sourceAt(url) });
  const job = (url: string, about: object = {}) =>
    ask('POST', '/jobs', {
      model: 'fox',
      modelSource: sourceAt(url),
      task: aTask({ kind: 'image', prompt: '' }),
      ...about,
    });
  const clear = async (): Promise<void> => {
    await studio.stop();
    await folder[Symbol.asyncDispose]();
  };
  return { ask, model, job, [Symbol.asyncDispose]: clear };
}

const REFUSED = [
  ['https://10.0.0.7/m?sig=S3CRET', 'model URL leads to 10.0.0.7, which is not on the public internet'],
  ['ftp://cdn.example/m', 'model URL must use https'],
  ['http://cdn.example/m', 'model URL must use https'],
  ['file:///etc/passwd', 'model URL must use https'],
  ['m.onnx', 'invalid model URL'],
] as const;

test('a model that no worker could fetch is refused by name, for every caller', async () => {
  await using at = await setup();
  expect((await at.ask('POST', '/models', at.model('https://cdn.example/m'))).status).toBe(201);
  for (const [url, words] of REFUSED) {
    const answers = [
      await at.ask('POST', '/models', { ...at.model(url), id: 'other' }),
      await at.ask('PUT', '/models/fox', at.model(url)),
      await at.job(url),
    ];
    for (const { status, text } of answers) {
      expect([status, text]).toEqual([400, expect.stringContaining(words)]);
      expect(text).not.toContain('S3CRET');
    }
  }
  expect((await at.job('https://cdn.example/m')).status).toBe(201);
  expect((await at.job('http://127.0.0.1:9/m')).status).toBe(201);
});

test('a job with an incomplete source or a private input URL is rejected', async () => {
  await using at = await setup();
  const without = aSource([aFile({ role: 'vae', filename: 'v' })], 'sd-cpp');
  expect(await at.job('', { modelSource: without })).toMatchObject({ status: 400 });
  for (const task of [
    aTask({ kind: 'image', prompt: '', initImageUrl: 'https://192.168.1.1/a.png' }),
    aTask({ kind: 'audio_stt', inputUrl: 'ftp://cdn.example/a.wav' }),
    { ...anLlmTask(), images: ['https://[fd00::1]/a.png'] },
  ]) {
    expect(await at.job('https://cdn.example/m', { task })).toMatchObject({ status: 400 });
  }
});

test('private addresses are taken where the config of the account allows them', async () => {
  await using at = await setup(true);
  expect((await at.job('https://10.0.0.7/m')).status).toBe(201);
  expect((await at.job('http://10.0.0.7/m')).status).toBe(400);
  await using folder = await tempFolder();
  const get = (name: string) => (name === 'XDG_CONFIG_HOME' ? folder.path : undefined);
  const own = { ...effects, environment: { ...effects.environment, platform: 'linux', get } } as const;
  expect(await allowsPrivateUrls(own, recordingLogger())).toBe(false);
  await effects.files.makeDir(folder.at('minis-studio-worker'));
  await writeFile(folder.at('minis-studio-worker/config.toml'), 'allow_private_urls = true\n');
  expect(await allowsPrivateUrls(own, recordingLogger())).toBe(true);
  await writeFile(folder.at('minis-studio-worker/config.toml'), 'not TOML');
  expect(await allowsPrivateUrls(own, recordingLogger())).toBe(false);
});

test('names are left to the workers, whose network may know others', async () => {
  const objectionTo = studioObjections(effects, false);
  expect(await objectionTo({ model: 'fox', source: sourceAt('https://nas.local/m') })).toBe(undefined);
});
