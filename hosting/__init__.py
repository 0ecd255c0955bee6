"""What `hosted.py` puts around the app where it serves many: headers, readiness, metrics, structured logs."""
