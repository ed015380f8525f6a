/** An engine child that kills itself as soon as it is told anything, as a native library does that meets a bad driver. */
process.on('message', () => process.kill(process.pid, 'SIGSEGV'));
