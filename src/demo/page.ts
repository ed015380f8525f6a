/** A job of the demonstration with what was asked for and what came of it. */
export interface ShownJob {
  readonly kind: string;
  readonly engine: string;
  readonly state: string;
  readonly text?: string;
  readonly error?: string;
  readonly prompt: string;
  /** Name of its file beside the page. */
  readonly file: string | undefined;
  /** Name of the image that it was made from, beside the page. */
  readonly before?: string;
}

const TITLE = '<title>studio-worker demo</title>';

/** Whether a page is one of these. */
export const isDemoPage = (html: string): boolean => html.includes(TITLE);

/** A page that shows what the demonstration made, for a browser: prompt and result of each job. It loads nothing from elsewhere. */
export const demoPage = (jobs: readonly ShownJob[]): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
${TITLE}
<style>
html { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); gap: 0 2rem; }
.pair p { overflow-wrap: anywhere; }
section { border-top: 1px solid #ccc; padding: 1rem 0; }
figure { display: inline-block; width: 48%; margin: 0 1% 0 0; vertical-align: top; }
img, video, audio { max-width: 100%; display: block; margin: .5rem 0; }
</style>
<h1>What the demonstration made</h1>
${jobs.some(({ engine }) => engine === 'synthetic') ? PLACEHOLDERS : ''}
${jobs.map(section).join('\n')}
</html>
`;

const PLACEHOLDERS = `<p><strong>These are placeholders.</strong> The synthetic engine draws test cards and tones, whatever the
prompt says: they show that jobs reach a worker and results come back. <code>studio-worker demo --real</code> runs real engines,
and <code>studio-worker studio models add</code> adds a model of your own.</p>`;

function section({ kind, state, prompt, file, before, text, error }: ShownJob): string {
  const result = error ?? text;
  return [
    `<section><h2>${safe(kind)}: ${safe(state)}</h2>`,
    `<div class="pair"><div>${prompt === '' ? '<p>No prompt</p>' : `<p>Prompt: <q>${safe(prompt)}</q></p>`}</div><div>`,
    ...(file === undefined ? [] : [shown(file, before), `<p><a href="${safe(encodeURI(file))}">${safe(file)}</a></p>`]),
    ...(result === undefined ? [] : [`<p>${safe(result)}</p>`]),
    '</div></div></section>',
  ].join('\n');
}

/** A result, beside the image that it was made from where there is one. */
const shown = (file: string, before: string | undefined): string =>
  before === undefined ? player(file) : `${captioned('Before', before)}${captioned('After', file)}`;

const captioned = (caption: string, file: string): string =>
  `<figure><figcaption>${caption}</figcaption>${player(file)}</figure>`;

function player(file: string): string {
  const source = safe(encodeURI(file));
  if (/\.(?:png|jpe?g|webp|gif)$/i.test(file)) return `<img src="${source}" alt="">`;
  if (/\.(?:mp4|webm)$/i.test(file)) return `<video src="${source}" controls loop></video>`;
  return /\.(?:wav|mp3|ogg|opus|flac|m4a)$/i.test(file) ? `<audio src="${source}" controls></audio>` : '';
}

/** Text of a model or a studio is text, and no markup. */
const safe = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
