"""What every room stands on; knows no lending word."""
