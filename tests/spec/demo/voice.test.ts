import { expect, test } from 'bun:test';
import { voiceConfig, voiceModel } from '../../../src/demo/weights/voice.ts';
import { readVoice } from '../../../src/engines/piper/voice.ts';

test('the demonstration’s voice is recreated as the same few kilobytes', () => {
  const weights = voiceModel();
  expect(weights).toEqual(voiceModel());
  expect(weights.byteLength).toBeLessThan(10_000);
});

test('every phoneme of the demo voice has its own id', () => {
  const voice = readVoice(JSON.stringify(voiceConfig({ speakers: ['ada', 'bob'] })));
  const ids = [...voice.ids.values()].flat();
  expect(new Set(ids).size).toBe(ids.length);
  expect(Math.max(...ids)).toBe(ids.length - 1);
  expect(voice.speakerCount).toBe(2);
});
