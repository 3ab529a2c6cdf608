"""What people look at: pictures, figures, the demo, engines side by side."""
