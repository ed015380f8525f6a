import { expect, setDefaultTimeout, test } from 'bun:test';
import { aTask } from '../../fakes/builders.ts';
import { TEST_MS } from '../wait-for.ts';
import { setupApi } from './scene.ts';

setDefaultTimeout(TEST_MS);

test('what a job made can be had whole, in ranges, and under its type', async () => {
  await using at = await setupApi();
  const { id } = await at.studio.createJob(aTask({ kind: 'audio_tts', text: 'hello' }));
  await at.studio.jobIs(id, 'completed');
  const [job] = (await at.ask('/jobs')).body as [{ readonly result: { readonly sizeBytes: number } }];
  expect(job.result).toMatchObject({ type: 'audio/wav', ext: 'wav' });
  const whole = await at.ask(`/jobs/${id}/result`);
  expect(whole.status).toBe(200);
  expect(Object.fromEntries(whole.headers)).toMatchObject({
    'content-type': 'audio/wav',
    'content-length': String(job.result.sizeBytes),
    'accept-ranges': 'bytes',
    'cache-control': 'no-store',
    'content-security-policy': "sandbox; default-src 'none'",
  });
  const head = await at.ask(`/jobs/${id}/result`, { headers: { range: 'bytes=0-3' } });
  expect([head.status, head.text, head.headers.get('content-range')]).toEqual([
    206,
    'RIFF',
    `bytes 0-3/${job.result.sizeBytes}`,
  ]);
  const tail = await at.ask(`/jobs/${id}/result`, { headers: { range: `bytes=${job.result.sizeBytes - 2}-` } });
  expect([tail.status, tail.headers.get('content-length')]).toEqual([206, '2']);
  const beyond = await at.ask(`/jobs/${id}/result`, { headers: { range: `bytes=${job.result.sizeBytes}-` } });
  expect(beyond).toMatchObject({ status: 416, body: { error: 'bad_range' } });
});

test('the reply of a chat is a result, and an unknown job has none', async () => {
  await using at = await setupApi();
  const { id } = await at.studio.createJob(aTask({ kind: 'llm', messages: [{ role: 'user', content: 'hi' }] }));
  await at.studio.jobIs(id, 'completed');
  expect(await at.ask(`/jobs/${id}/result`)).toMatchObject({ status: 200, body: { object: 'chat.completion' } });
  expect(await at.ask('/jobs/other/result')).toMatchObject({ status: 404, body: { error: 'no_result' } });
});
