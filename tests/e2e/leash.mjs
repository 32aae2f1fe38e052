// Loaded before a program (`node --import`): ends it when its stdin ends, that is, when whoever
// started it has died.

process.stdin.resume().on("end", () => process.exit(0));
process.stdin.unref?.();
