"""Where data comes from: folders of files and the sample company."""
