import type { EngineTranscript, TranscriptFormat } from '../contract/openai/media.ts';

/** A transcript in one of the formats of that API: an object is sent as JSON, a text as it is. */
export function transcriptAs(
  format: TranscriptFormat,
  transcript: EngineTranscript,
): string | Readonly<Record<string, unknown>> {
  const { text, language, duration, segment_list: segments, words } = transcript;
  switch (format) {
    case 'text':
      return `${text}\n`;
    case 'srt':
      return cues(transcript, ',');
    case 'vtt':
      return `WEBVTT\n\n${cues(transcript, '.')}`;
    case 'verbose_json':
      return {
        task: 'transcribe',
        language,
        duration,
        text,
        segments: segments.map(({ start, end, text: said }, id) => ({ id, start, end, text: said })),
        ...(words.length > 0 && { words: words.map(({ text: word, start, end }) => ({ word, start, end })) }),
      };
    case 'json':
      return { text };
    default:
      return format satisfies never;
  }
}

/** One cue a segment, numbered; a transcript without times is one cue. */
function cues({ text, duration, segment_list: segments }: EngineTranscript, comma: ',' | '.'): string {
  const spans = segments.length > 0 || text === '' ? segments : [{ start: 0, end: duration, text }];
  return spans
    .map((span, at) => `${at + 1}\n${clock(span.start, comma)} --> ${clock(span.end, comma)}\n${span.text}\n\n`)
    .join('');
}

/** `00:01:02,345`. */
function clock(seconds: number, comma: ',' | '.'): string {
  const ms = Math.round(seconds * 1000);
  const parts = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}${comma}${String(ms % 1000).padStart(3, '0')}`;
}
