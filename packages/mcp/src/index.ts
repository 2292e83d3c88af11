export { makeMcpServer, type McpOptions } from "./mcp-server.ts";
export { serveMcpHttp, type McpHttpOptions } from "./serve-http.ts";
export { serveMcpStdio } from "./serve-stdio.ts";
