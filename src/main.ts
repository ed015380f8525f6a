#!/usr/bin/env bun
import { VERSION } from './base/version.ts';

const argv = process.argv.slice(2);
const [first] = argv;

// `studio-worker … | head` closes our output early; what is left to say then has no reader and is no fault.
process.stdout.on('error', () => {});

if (first === '--version' || first === '-V') {
  // Installers and updaters ask often and want nothing else, so nothing else is loaded.
  process.stdout.write(`studio-worker ${VERSION}\n`);
} else {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (thrown: unknown) => void die(thrown));
  }
  const { start } = await import('./cli/start.ts');
  process.exit(await start(argv).catch(die));
}

/** The end of everything that nobody caught: printed like any other failure. */
async function die(thrown: unknown): Promise<never> {
  const { describeFailure, exitCodeOf } = await import('./cli/exit.ts');
  process.stderr.write(describeFailure(thrown));
  const { sayLastWords } = await import('./base/last-words.ts');
  await sayLastWords(thrown);
  process.exit(exitCodeOf(thrown));
}
