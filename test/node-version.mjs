const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 22) {
  console.error(
    `Node 22 or newer is needed; this is ${process.version}. On Linux \`npm ci\` brings Node 24 with it: run everything by \`npm run\`.`,
  );
  process.exit(1);
}
