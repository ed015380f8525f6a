import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { withoutMarkup } from '../../../../src/engines/piper/markup.ts';
import { sentencesOf } from '../../../../src/engines/piper/sentences.ts';

const spoken = (text: string): readonly string[] =>
  sentencesOf(withoutMarkup(text), 'en').map((sentence) => sentence.map(({ words, mark }) => words + mark).join(' '));

test.each([
  ['<speak>Hello <emphasis level="strong">there</emphasis>.</speak>', ['Hello there.']],
  [
    '<?xml version="1.0"?><speak version="1.1" xml:lang="en-US">One.<break time="500ms"/>Two.</speak>',
    ['One.', 'Two.'],
  ],
  ['Hello<break/>there', ['Hello', 'there']],
  ['<p><s>One</s><s>Two</s></p>', ['One', 'Two']],
  ['<prosody rate=\'slow\' pitch="-2st">Slow</prosody>ly', ['Slowly']],
  ['<amazon:effect name="whispered">Hush</amazon:effect>', ['Hush']],
  ['<mstts:express-as style="cheerful">Yes!</mstts:express-as>', ['Yes!']],
  ['<say-as interpret-as="date">May 3</say-as>, she said', ['May 3, she said']],
  ['The <sub alias="World Wide Web">WWW</sub><mark name="x"/> is', ['The World Wide Web is']],
  ["<SUB alias='one &amp; all'>1</SUB>", ['one & all']],
  ['<metadata><dc:Title>T</dc:Title></metadata>Text', ['Text']],
  ['<style type="text/css">p { color: red }</style>A <script>run(1 < 2);</script>b', ['A b']],
  ['<template/>Kept. <Style/>This too.', ['Kept.', 'This too.']],
  [
    'Caf&eacute; &Eacute;t&eacute; &ndash; 5&nbsp;&euro; &hellip; &frac12; &AMP; &laquo;a&raquo;',
    ['Café Été, 5 €. ½ & «a»'],
  ],
  ['A<br>B <b>bold</b> <a href=https://example.com/?q=1>link</a>', ['A', 'B bold link']],
  ['Before <!-- <not> this --> after', ['Before after']],
  ['<![CDATA[raw text]]>', ['raw text']],
  ['Tom &amp; Ann &#233; &#x2764;', ['Tom & Ann é ❤']],
  ['<speak></speak>', []],
] as const)('%j is spoken without its tags', (text, sentences) => {
  expect(spoken(text)).toEqual([...sentences]);
});

test.each([
  '1 < 2 and 3 > 2',
  'a <b and c> d',
  'I <3 you',
  '<- left, right ->',
  'if x<y then',
  'AT&T; R&D',
  '&#0; &#xd800; &foo; &constructor; &frac99;',
])('%j has no tags, and stays as it is written', (text) => expect(withoutMarkup(text)).toBe(text));

test('an entity is written out once and makes no tag', () => {
  expect(withoutMarkup('&lt;break/&gt; &amp;lt;')).toBe('<break/> &lt;');
});

test('removing markup takes time linear in the length of the text', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '<a ',
    'b=',
    '"',
    "'",
    '/>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '&',
    ' x',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      expect(withoutMarkup(pieces.join('')).length).toBeLessThanOrEqual(2 * pieces.join('').length);
    }),
  );
  const long = `<a ${'b '.repeat(5_000)}`;
  const started = performance.now();
  expect(withoutMarkup(long)).toBe(long);
  expect(withoutMarkup('<a'.repeat(5_000))).toBe('<a'.repeat(5_000));
  expect(performance.now() - started).toBeLessThan(2_000);
});
