/** @type {import('next').NextConfig} */
export default {
  // The library is loaded as it is: it brings machine code, which a bundler cannot read.
  serverExternalPackages: ['@ignition/node'],
}
