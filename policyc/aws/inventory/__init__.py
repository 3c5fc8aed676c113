"""What is on AWS, service by service: each module reads one and gives documents and facts."""
