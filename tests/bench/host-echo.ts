/** The bare limit of a talk with a child: what comes over the line goes back. Memory is copied, nothing is looked at. */
process.on('message', (message: unknown) => process.send?.(message));
