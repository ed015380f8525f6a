import { expect, test } from 'bun:test';
import { demoPage, type ShownJob } from '../../../src/demo/page.ts';

const aJob = (over: Partial<ShownJob> = {}): ShownJob => ({
  kind: 'image',
  engine: 'synthetic',
  state: 'completed',
  prompt: 'a fox',
  file: 'image.webp',
  ...over,
});

test.each([
  ['image.webp', '<img src="image.webp"'],
  ['video.mp4', '<video src="video.mp4"'],
  ['audio_tts.wav', '<audio src="audio_tts.wav"'],
  ['mesh.glb', '<a href="mesh.glb">'],
])('%s is shown by what plays it', (file, tag) => {
  expect(demoPage([aJob({ file })])).toContain(tag);
});

test('each prompt stands beside its result, or says that there was none', () => {
  const pair = (job: ShownJob): string => /<div class="pair">(.*)<\/div><\/section>/s.exec(demoPage([job]))?.[1] ?? '';
  expect(pair(aJob())).toMatch(/^<div><p>Prompt: <q>a fox<\/q><\/p><\/div><div>\s*<img src="image.webp"/);
  expect(pair(aJob({ prompt: '' }))).toStartWith('<div><p>No prompt</p></div>');
});

test('a changed image is shown beside what it was before', () => {
  const page = demoPage([aJob({ before: 'image-before.png' })]);
  const [before, after] = [page.indexOf('<img src="image-before.png"'), page.indexOf('<img src="image.webp"')];
  expect(before).toBeGreaterThan(page.indexOf('<figcaption>Before</figcaption>'));
  expect(after).toBeGreaterThan(page.indexOf('<figcaption>After</figcaption>'));
  expect(before).toBeLessThan(after);
  expect(demoPage([aJob()])).not.toContain('figcaption');
  expect(demoPage([aJob({ before: 'image-before.png', file: undefined, error: 'no' })])).not.toContain('figcaption');
});

test('results of the synthetic engine are called placeholders, those of real engines are not', () => {
  expect(demoPage([aJob()])).toContain('These are placeholders.');
  expect(demoPage([aJob({ engine: 'piper' })])).not.toContain('placeholders');
});

test('prompts, texts and errors are text on the page and never markup', () => {
  const page = demoPage([aJob({ prompt: '<script>a("&")</script>', error: '<img src=x>', file: undefined })]);
  expect(page).toContain('&lt;script&gt;a(&quot;&amp;&quot;)&lt;/script&gt;');
  expect(page).toContain('&lt;img src=x&gt;');
  expect(page).not.toContain('<script');
});
