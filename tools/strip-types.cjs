// Jest transform: Node's own type stripping. Types become spaces, so lines and columns stay true without source maps.
const { stripTypeScriptTypes } = require('node:module');

module.exports = { process: (source) => ({ code: stripTypeScriptTypes(source) }) };
