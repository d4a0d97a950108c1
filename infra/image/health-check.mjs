// Exit code 0 while the worker in this container says that it is alive: HEALTHCHECK of the image and of the ECS task.
const url = `http://127.0.0.1:${process.env.PORT || 8000}/health`;
const response = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
process.exit(response?.ok ? 0 : 1);
