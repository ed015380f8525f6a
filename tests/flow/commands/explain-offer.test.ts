import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { toModelId } from '../../../src/base/ids.ts';
import { toWorkerError } from '../../../src/base/errors.ts';
import { writeJson } from '../../../src/contract/json.ts';
import { explainOffer } from '../../../src/compose/commands/explain.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { anOffer, aTask, synthetic } from '../../fakes/builders.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { clientOf } from '../../fakes/a-control.ts';
import { effectsFor } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** The command's work in this process, with the engines of this release and a config that may not exist. */
async function setup(config?: string) {
  const folder = await tempFolder();
  const configPath = folder.at('config.toml');
  if (config !== undefined) await writeFile(configPath, config);
  const effects = effectsFor(systemClock, () => {});
  const explain = (text: string) => explainOffer({ text, configPath }, effects, () => clientOf(undefined));
  return { folder, configPath, explain, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('an offer is explained from a frame or from its bare claim', async () => {
  await using at = await setup();
  const claim = anOffer();
  for (const text of [writeJson(claim), writeJson({ type: 'offer', claim }), `\uFEFF${writeJson(claim)}`]) {
    expect(await at.explain(text)).toMatchObject({ verdict: 'taken', offer: { jobId: 'job-1' } });
  }
  expect(existsSync(at.configPath)).toBe(false); // explaining changes nothing
});

test('without a running worker the config decides what it can', async () => {
  await using at = await setup('api_base_url = "http://127.0.0.1:1"\nvram_threshold_gb = 6.0\nauto_enabled = false\n');
  const { verdict, because, rules } = await at.explain(writeJson(anOffer({ vramGbEstimate: 8 })));
  expect([verdict, because]).toEqual(['rejected', 'claiming is off']);
  expect(rules.find(({ rule }) => rule === 'threshold')?.outcome).toBe('rejects');
});

test('an engine without the kind and an engine not carried are distinguished', async () => {
  await using at = await setup();
  const speech = aTask({ kind: 'audio_tts', text: 'hi' });
  const onnx = anOffer({ task: speech, model: toModelId('lama'), modelSource: { ...synthetic, engine: 'onnx' } });
  expect((await at.explain(writeJson(onnx))).because).toBe('onnx engine cannot serve audio_tts tasks');
  const parakeet = anOffer({ modelSource: { ...synthetic, engine: 'parakeet' } });
  expect((await at.explain(writeJson(parakeet))).because).toBe(
    'no `parakeet` engine compiled into this worker (model `synthetic` requires it).',
  );
});

test.each([
  ['not JSON', '{', 'it is not JSON'],
  ['another frame', '{"type":"completeAck","jobId":"j"}', 'it is a completeAck frame'],
  ['a claim without a model', '{"jobId":"j"}', 'claim.model'],
  ['no object', '7', 'claim'],
])('a file with %s is refused by name', async (_what, text, problem) => {
  await using at = await setup();
  const error = toWorkerError(await at.explain(text).catch((thrown: unknown) => thrown));
  expect(error.code).toBe('frame.malformed');
  expect(error.message).toContain(problem);
});
