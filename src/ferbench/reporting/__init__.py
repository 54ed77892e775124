"""What people read: tables, figures, and the sections of the report's page."""
