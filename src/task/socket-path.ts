/** The longest path of a unix socket on Linux, bytes: 108 with the closing NUL (unix(7)). */
export const MAX_SOCKET_PATH = 107;
