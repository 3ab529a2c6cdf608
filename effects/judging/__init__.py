"""What a clip is played on: a judge that has heard every instrument in many recordings."""
