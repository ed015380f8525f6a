import { expect, setDefaultTimeout, test } from 'bun:test';
import { chatModel } from '../../../src/demo/weights/chat.ts';
import { TEST_MS } from '../wait-for.ts';
import { setupReal } from './real-models.ts';

setDefaultTimeout(TEST_MS);

const messages = [{ role: 'user' as const, content: 'hi' }];
const SAYS = [['Hel'], ['lo'], [' st'], ['op'], [' he'], ['re']];
/** Says the same for ever, slowly. */
const SLOW = chatModel({ endless: true, layers: { count: 24, width: 512 }, contextLength: 4096 });

test('a client that hangs up ends its answer', async () => {
  await using at = await setupReal({ slow: SLOW });
  const ask = { model: 'slow', messages, max_tokens: 4_000 };
  const stream = await at.client.chat.completions.create({ ...ask, stream: true });
  for await (const { choices } of stream) if ((choices[0]?.delta.content ?? '') !== '') break; // hangs up
  await at.worker.until('the job of the lost client has ended', () => at.worker.status().runningJobs.length === 0);
  expect(at.worker.status().recentJobs).toMatchObject([{ status: 'cancelled' }]);
  const { usage } = await at.client.chat.completions.create({ ...ask, max_tokens: 3 });
  expect(usage?.completion_tokens).toBe(3);
});

test('nothing of a stop string is streamed, wherever it begins', async () => {
  await using at = await setupReal({ tiny: chatModel({ says: SAYS }) });
  const whole = 'Hello stop here';
  for (const stop of ['stop', 'lo st', 'o', ' here', 'e', 'here?', 'Hello']) {
    const stream = await at.client.chat.completions.create({ model: 'tiny', messages, stop, stream: true });
    const chunks = await Array.fromAsync(stream);
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    const end = whole.indexOf(stop);
    expect({ stop, text }).toEqual({ stop, text: end === -1 ? whole : whole.slice(0, end).trim() });
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
  }
});

test('chats at once each get their own answer, whole and counted', async () => {
  await using at = await setupReal({ tiny: chatModel({ says: SAYS }), other: chatModel({ says: [['Other']] }) });
  const ask = async (model: string) => {
    const chunks = await Array.fromAsync(await at.client.chat.completions.create({ model, messages, stream: true }));
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    return { text, tokens: chunks.at(-1)?.usage?.completion_tokens };
  };
  const answers = await Promise.all(['tiny', 'other', 'tiny', 'tiny'].map(ask));
  const own = { text: 'Hello stop here', tokens: 6 };
  expect(answers).toEqual([own, { text: 'Other', tokens: 1 }, own, own]);
});
