import { createConsola } from 'consola/core';
import type { Output } from '../system/terminal.ts';
import { type Level, LEVELS, type LogSink } from './logger.ts';
import { sentenceOf } from './message.ts';

const RESET = '\u{1B}[0m';
const DIM = '\u{1B}[2m';
/** ECMA-48 colours: grey, none, yellow, red. */
const COLOURS: Readonly<Record<Level, string>> = {
  debug: '\u{1B}[90m',
  info: '',
  warn: '\u{1B}[33m',
  error: '\u{1B}[31m',
};
/** Of one width, so that sentences stand below each other. */
const NAMES: Readonly<Record<Level, string>> = { debug: 'debug', info: 'info ', warn: 'warn ', error: 'error' };

/** Lines for people: time of day (UTC), and its date where no terminal shows them; level, sentence; for an unforeseen error the stack below it. */
export function createConsoleReporter(
  output: Pick<Output, 'write' | 'colourDepth'> & Partial<Pick<Output, 'isTty'>>,
): LogSink {
  const paint = (colour: string, text: string): string =>
    output.colourDepth > 1 && colour !== '' ? `${colour}${text}${RESET}` : text;
  // The core of consola brings no colours, no console and no reading of the environment: it loads in 1.5 ms, not 30.
  const consola = createConsola({
    level: Number.POSITIVE_INFINITY, // levels were filtered before, per area
    throttle: 0, // repeats are counted before, see `collapse.ts`
    reporters: [
      {
        log: ({ date, type, args }) => {
          const level = LEVELS.find((known) => known === type) ?? 'info';
          const time = paint(DIM, output.isTty === false ? date.toISOString() : date.toISOString().slice(11, 23));
          output.write(`${time} ${paint(COLOURS[level], NAMES[level])} ${args.join('\n')}\n`);
        },
      },
    ],
  });
  return (event) => {
    const { stack } = event.fields;
    const below = event.level === 'error' && typeof stack === 'string' ? `\n    ${onScreen(stack, '\n    ')}` : '';
    const message = `${withJob(onScreen(sentenceOf(event), ' ⏎ '), event.fields.jobId)}${below}`;
    consola[event.level]({ message, date: new Date(event.at) });
  };
}

/** Every line of a job can be found by its id. */
const withJob = (sentence: string, jobId: unknown): string =>
  typeof jobId !== 'string' || sentence.includes(jobId) ? sentence : `${sentence} [${onScreen(jobId, ' ')}]`;

/** What a studio or an engine wrote must not move the cursor or change the title: control characters are taken out. */
const onScreen = (text: string, newline: string): string =>
  text.replaceAll(/\r?\n/g, newline).replaceAll(/[\p{Cc}--[\n\t]]/gv, '\u{FFFD}');
