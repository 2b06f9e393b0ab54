"""Questions to the person. Each is opened without blocking and answers by a signal; some can also be waited for."""
