import { expect, test } from 'bun:test';
import { engineLook, enginesSummary } from '../../../../src/page/worker/status/engine-look.ts';
import { ENGINES } from '../../../page/fixtures.ts';

test('an engine is ready, limited or not ready, and says what helps', () => {
  expect(
    ENGINES.map((engine) => engineLook(engine)).map(({ word, does, lack }) => [word, does, lack?.because]),
  ).toEqual([
    ['Ready', 'Chat', undefined],
    ['Ready', 'Image, Video', undefined],
    ['Limited: no GPU', 'Image', 'libcudnn.so.9 is missing'],
    ['Not ready', 'Image', 'No app is configured'],
  ]);
  expect(engineLook(ENGINES[3]!).lack?.hint).toBe('Set gradio_endpoint_url to the app on this machine');
});

test('engines are counted as ready, and as limited where they have no GPU', () => {
  expect(enginesSummary(ENGINES)).toBe('2 ready, 1 limited');
  expect(enginesSummary(ENGINES.slice(0, 2))).toBe('2 ready');
});
