/** Files that Vite puts beside the script, by their address. */
declare module "*.svg" {
  const address: string;
  export default address;
}
