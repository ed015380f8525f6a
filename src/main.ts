#!/usr/bin/env bun
import { VERSION } from './base/version.ts';

/** 128 + SIGINT: the operator asked to stop three times, and waits for nothing any more. */
const INTERRUPTED = 130;
/** Hidden: a native engine runs in a process of its own, which is this program again. */
const ENGINE = '__engine';
/** Set by node-llama-cpp, which forks the program it is in to try a binary where it can do no harm. */
const TRIES_BINARY = process.env['TEST_BINDING_CP'] === 'true' && process.send !== undefined;
/** Hidden: an external program starts as this one, which ends it with the worker. */
const PROGRAM = '__program';
/** Hidden: checks a reply against a schema, which may never end. */
const SCHEMA = '__schema';
const argv = process.argv.slice(2);
const [first] = argv;

if (first === '--version' || first === '-V') {
  // Installers and updaters ask often and want nothing else, so nothing else is loaded. Making `process.stdout` would
  // take longer than the rest of the answer (Bun 1.4.5). A reader that has gone is no fault.
  await Bun.write(Bun.stdout, `studio-worker ${VERSION}\n`).catch(() => {});
} else {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (thrown: unknown) => void die(thrown));
  }
  if (TRIES_BINARY) {
    const { runBinaryProbe } = await import('./compose/children/engine-child.ts');
    await runBinaryProbe().catch(die);
  } else if (first === ENGINE) {
    const { runEngineChild } = await import('./compose/children/engine-child.ts');
    process.exit(await runEngineChild(argv.slice(1)).catch(die)); // at once: whatever a library still holds is to go
  } else if (first === SCHEMA) {
    const { runSchemaChild } = await import('./compose/children/schema-child.ts');
    process.exit(await runSchemaChild().catch(die));
  } else if (first === PROGRAM) {
    const { runProgramChild } = await import('./compose/children/program-child.ts');
    await runProgramChild(argv.slice(1)).catch(die);
  } else {
    const { createWorld } = await import('./compose.ts');
    const { runCli } = await import('./cli/cli.ts');
    leave(
      await createWorld()
        .then((world) => runCli(argv, world))
        .catch(die),
    );
  }
}

/** The process ends by itself, since every command cleans up. One that left something open is ended a little later. */
function leave(code: number): void {
  process.exitCode = code;
  if (code === INTERRUPTED) process.exit();
  setTimeout(() => process.exit(), 1_000).unref();
}

/** The end of everything that nobody caught: printed like any other failure. */
async function die(thrown: unknown): Promise<never> {
  const { describeFailure, exitCodeOf } = await import('./cli/exit.ts');
  process.stderr.write(describeFailure(thrown));
  const { reportUncaught } = await import('./base/uncaught.ts');
  await reportUncaught(thrown);
  process.exit(exitCodeOf(thrown));
}
