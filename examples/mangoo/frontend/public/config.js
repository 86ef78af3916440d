window.mangooConfig = { apiUrl: '/api', environment: 'local' };
