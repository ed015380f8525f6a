import { expect, test } from 'bun:test';
import { answerInWorker } from '../../../../src/local-api/client/chat.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { anApi } from './an-api.ts';

const piece = (content: string, finish?: string): string =>
  `data: ${JSON.stringify({ choices: [{ delta: { content }, finish_reason: finish ?? null }] })}\n\n`;
const DONE = 'data: [DONE]\n\n';

/** A chat that a worker answers with this stream. */
function setup(stream: string, temperature?: number) {
  const bodies: unknown[] = [];
  const texts: string[] = [];
  const stop = new AbortController();
  const { client } = anApi({
    'POST /v1/chat/completions': ({ body = '' }) => {
      bodies.push(JSON.parse(body));
      return stream;
    },
  });
  const turns = [{ role: 'user', content: 'hello' }] as const;
  const answer = () =>
    answerInWorker(
      client,
      { model: 'tiny', turns, maxTokens: 9, temperature },
      { onText: (text) => void texts.push(text), signal: stop.signal },
    );
  return { bodies, texts, stop, answer };
}

test('an answer is handed on in pieces, and given whole at its end', async () => {
  const at = setup(`${piece('Hel')}${piece('')}${piece('lo')}${piece('', 'stop')}${DONE}`);
  expect(await at.answer()).toEqual({ text: 'Hello', finish: 'stop' });
  expect(at.texts).toEqual(['Hel', 'lo']);
});

test.each([[undefined], [0.2]])('the worker is asked for temperature %p and the most tokens', async (temperature) => {
  const at = setup(`${piece('x', 'length')}${DONE}`, temperature);
  expect(await at.answer()).toMatchObject({ finish: 'length' });
  const asked = {
    model: 'tiny',
    messages: [{ role: 'user', content: 'hello' }],
    stream: true,
    max_completion_tokens: 9,
  };
  expect(at.bodies).toEqual([temperature === undefined ? asked : { ...asked, temperature }]);
});

test('a failure within the stream fails the answer with its message', async () => {
  const at = setup(`${piece('Hel')}data: {"error":{"message":"out of memory"}}\n\n`);
  expect(await failureOf(at.answer())).toMatchObject({ code: 'engine.failed', message: 'out of memory' });
});

test.each([
  ['without a reason', `${piece('Hel')}${DONE}`],
  ['in the middle', piece('Hel')],
])('a stream that ends %s means that the worker ended', async (_title, stream) => {
  expect(await failureOf(setup(stream).answer())).toMatchObject({ code: 'worker.unresponsive' });
});
