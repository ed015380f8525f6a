import { expect, test } from 'bun:test';
import { voiceConfig } from '../../../../src/demo/weights/voice.ts';
import { assertLanguage } from '../../../../src/engines/piper/checks.ts';
import { readVoice } from '../../../../src/engines/piper/voice.ts';

const ask = (language: string, voiceSpeaks: string): void =>
  assertLanguage({ language }, readVoice(JSON.stringify(voiceConfig({ espeakVoice: 'de', language: voiceSpeaks }))));

test.each([
  ['nb', 'no_NO'],
  ['no', 'nb_NO'],
  ['nb-NO', 'nb'],
  ['Norwegian', 'no'],
  ['norwegian bokmål', 'nb_NO'],
  ['iw', 'he_IL'],
  ['he', 'iw'],
  ['in', 'id_ID'],
  ['jv', 'jw'],
  ['ji', 'yi'],
  ['cmn', 'zh_CN'],
  ['Mandarin', 'zh_CN'],
  ['fil', 'tl'],
  ['deu', 'de_DE'],
  ['ger', 'de_DE'],
  ['German', 'de_DE'],
  ['fa', 'prs'],
  ['en-GB', 'gmw/en-US'],
  ['en', 'en-us+f3'],
])('a task in %s is spoken by a voice of %s', (language, voiceSpeaks) => {
  expect(() => ask(language, voiceSpeaks)).not.toThrow();
});

test.each([
  ['nn', 'nb_NO'],
  ['sv', 'no_NO'],
  ['yue', 'zh_CN'],
  ['Danish', 'no_NO'],
  ['in english', 'en_US'],
])('a task in %s is no task for a voice of %s', (language, voiceSpeaks) => {
  expect(() => ask(language, voiceSpeaks)).toThrow(
    `the voice speaks ${voiceSpeaks}, and the task asks for ${language}`,
  );
});
