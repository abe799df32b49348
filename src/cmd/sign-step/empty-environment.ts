/**
 * Takes every variable away before anything else of this program is loaded, for whoever starts a run may set them
 * (`podTemplate.env`), and no module of ours or of others shall find one. What Node has read before the first line
 * runs (`NODE_EXTRA_CA_CERTS`) is answered where connections are made.
 */
for (const name of Object.keys(process.env)) delete process.env[name];
